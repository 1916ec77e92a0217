/** How one file format is read. Plain data: it lies in the plan of every file and crosses process edges as JSON. */

/**
 * What a worker must know to count by a plan. Raised whenever the meaning of any input changes; a plan has the lowest version that
 * says what it means, so that workers of before go on with what they know and refuse the rest.
 */
export const GRAMMAR_VERSION_PLAIN = 1;
/** Files that are decompressed. */
export const GRAMMAR_VERSION_GZIP = 2;
/** CSV, and periods that each record names. */
export const GRAMMAR_VERSION_CSV = 3;
/** The highest that this code counts by. */
export const GRAMMAR_VERSION_MAX = GRAMMAR_VERSION_CSV;

/** One ASCII byte of which each occurrence separates, or runs of spaces and tabs with the line trimmed first. */
export type Delimiter = { readonly kind: 'byte'; readonly byte: number } | { readonly kind: 'whitespace' };

/** The `delimited` format: one record a line, a fixed number of fields. Fields count from 1. */
export interface DelimitedFormat {
  readonly kind: 'delimited';
  readonly delimiter: Delimiter;
  readonly fieldCount: number;
  /** Fields that together are the key, in this order. */
  readonly keyFields: readonly number[];
  readonly valueField: number;
  /** Decimal places kept: the value 1.5 at scale 2 is the integer 150. */
  readonly scale: number;
  readonly allowNegative: boolean;
  readonly maxLineBytes: number;
}

export type Format = DelimitedFormat;

export const DEFAULT_FORMAT: DelimitedFormat = {
  kind: 'delimited',
  delimiter: { kind: 'byte', byte: 0x20 },
  fieldCount: 2,
  keyFields: [1],
  valueField: 2,
  scale: 0,
  allowNegative: false,
  maxLineBytes: 1_048_576,
};
