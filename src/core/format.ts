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

/** CSV as in RFC 4180 with a header line: the columns are known by their names, wherever they lie in a file. */
export interface CsvFormat {
  readonly kind: 'csv';
  readonly delimiter: Extract<Delimiter, { kind: 'byte' }>;
  /** Columns that together are the key, in this order. */
  readonly keyColumns: readonly string[];
  readonly valueColumn: string;
  readonly scale: number;
  readonly allowNegative: boolean;
  /** Of a record, over all its lines. */
  readonly maxLineBytes: number;
  /**
   * A quoted field may hold line ends, so that only a count from the file's beginning knows where records begin: one split. Absent:
   * every line is a record, and a line that ends within quotes ends the count with `record_spans_lines`. A file in which none does
   * comes to the same either way.
   */
  readonly spansLines?: true;
}

export type Format = DelimitedFormat | CsvFormat;

/** Whether the count of a part of the file can begin at any line. */
export function isSplittable(format: Format): boolean {
  return format.kind !== 'csv' || !format.spansLines;
}

/** Whether the first line of the file says what the fields of the others are. */
export function hasHeader(format: Format): boolean {
  return format.kind === 'csv';
}

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

/** Without what only a pipeline can say: its columns. */
export const DEFAULT_CSV_FORMAT: Omit<CsvFormat, 'keyColumns' | 'valueColumn'> = {
  kind: 'csv',
  delimiter: { kind: 'byte', byte: 0x2c },
  scale: 0,
  allowNegative: false,
  maxLineBytes: 1_048_576,
};
