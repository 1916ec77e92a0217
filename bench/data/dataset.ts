/** What a case's file looks like: enough to write it, to tell every contender how to read it, and to know its true totals. */

export type Layout = 'lines' | 'csv';

export interface Recipe {
  /** Also the name of its folder. */
  readonly name: string;
  readonly layout: Layout;
  /** Distinct keys, each of which occurs where the file has as many lines. */
  readonly keys: number;
  /** `integer`: a peer may read the keys as integers. */
  readonly keyKind: 'integer' | 'text';
  readonly keyText: (index: number) => string;
  /** Scaled values lie in [0, valueMax]. */
  readonly valueMax: number;
  /** Decimal places of the values. */
  readonly scale: number;
  readonly seed: number;
}

export interface Dataset extends Recipe {
  /** Absolute path of what is counted. */
  readonly file: string;
  readonly compression: 'none' | 'gzip';
  /** Of the plain text; the compressed file is smaller. */
  readonly plainBytes: number;
  readonly fileBytes: number;
  readonly lines: number;
  readonly truth: Truth;
}

/** By the index of the key. Sums are scaled integers below 2^53. */
export interface Truth {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

export const CSV_COLUMNS = ['timestamp', 'region', 'consumer', 'product', 'quantity', 'amount', 'status', 'note'] as const;
export const CSV_KEY = 'consumer';
export const CSV_VALUE = 'amount';

const integerKey = (index: number) => String(index);
const tenDigits = (index: number) => String(index).padStart(10, '0');

/** 40 bytes whose differences lie at both ends of the middle, so that no prefix and no suffix tells keys apart alone. */
const longKey = (index: number) => `consumer-${tenDigits(index)}-${tenDigits((index * 7_919) % 1_000_003)}-usage.com`;

const lines = { layout: 'lines', keyKind: 'integer', keyText: integerKey, valueMax: 100_000, scale: 0, seed: 1 } as const;

export const RECIPES = {
  ids: { ...lines, name: 'ids', keys: 10_000 },
  'keys-1m': { ...lines, name: 'keys-1m', keys: 1_000_000 },
  'keys-10m': { ...lines, name: 'keys-10m', keys: 10_000_000 },
  'long-keys': { ...lines, name: 'long-keys', keys: 10_000, keyKind: 'text', keyText: longKey, seed: 2 },
  decimals: { ...lines, name: 'decimals', keys: 10_000, scale: 2, valueMax: 1_000_000 },
  csv: { ...lines, name: 'csv', layout: 'csv', keys: 10_000, keyKind: 'text', keyText: (index: number) => `acme-${index}` },
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;
