/** Why a line is refused. The order is the order in which the rules are judged: line, quotes, fields, key, value, timestamp. */
export const REJECT_REASONS = [
  'line_too_long',
  'quote_syntax',
  'too_few_fields',
  'too_many_fields',
  'key_empty',
  'key_too_long',
  'key_encoding',
  'value_syntax',
  'value_range',
  'timestamp_syntax',
  'timestamp_range',
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];

/** One refused line: where it starts and its first bytes, at most REJECT_SAMPLE_BYTES_MAX. */
export interface RejectSample {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Per reason: how many lines, and the samples with the lowest offsets, ascending. Reasons without a line are absent. */
export type RejectSummary = {
  readonly [Reason in RejectReason]?: { readonly count: number; readonly samples: readonly RejectSample[] };
};
