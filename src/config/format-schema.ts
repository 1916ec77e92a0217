/** How a file is read: its kind of format, and the options of each. */
import { z } from 'zod';

import {
  CSV_COLUMN_NAME_CHARACTERS_MAX,
  FIELDS_PER_LINE_MAX,
  KEY_FIELDS_MAX,
  LINE_BYTES_CONFIGURED_MAX,
  PLAIN_BYTES_CONFIGURED_MAX,
  PLAIN_RATIO_CONFIGURED_MAX,
  PLAIN_RATIO_MAX,
  SCALE_MAX,
} from '../core/limits';
import { choice, integer, size, text } from './option-values';

const KIND = {
  allowed: '`delimited`, `csv`',
  description: 'One record a line with a fixed number of fields, or CSV (RFC 4180) with a header line.',
};
const COLUMN = new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${String(CSV_COLUMN_NAME_CHARACTERS_MAX)}}$`, 'u');

const shared = {
  scale: integer(0, SCALE_MAX, 'Decimal places that are kept: at scale 2 the value 1.5 is the integer 150.').prefault(0),
  allowNegative: z.boolean().meta({ allowed: '`true`, `false`', description: 'Whether values may start with `-`.' }).prefault(false),
  maxLineBytes: size(1, LINE_BYTES_CONFIGURED_MAX, 'A longer line, or record of CSV, is rejected.').prefault('1MiB'),
  compression: choice(
    ['auto', 'none'],
    '`auto`: files whose name ends with `.gz` are decompressed (gzip). `none`: every file is text as it is stored.',
  ).prefault('auto'),
  maxPlainBytes: size(1, PLAIN_BYTES_CONFIGURED_MAX, 'A compressed file that holds more once it is decompressed is set aside.').prefault(
    '256GiB',
  ),
  maxPlainRatio: integer(
    1,
    PLAIN_RATIO_CONFIGURED_MAX,
    'A compressed file that holds more bytes for each stored one is set aside, if that is more than 64 MiB.',
  ).prefault(PLAIN_RATIO_MAX),
  unit: text(/^[^\p{C}]{0,32}$/u, 'at most 32 printable characters', 'What the values are, such as `bytes`. Shown beside sums.').prefault(
    '',
  ),
};

const delimitedSchema = z.strictObject({
  kind: z.literal('delimited').meta(KIND).prefault('delimited'),
  delimiter: text(
    /^(?:whitespace|\\t|(?![\n\r0-9.-])[\0-\x7f])$/,
    'one ASCII character other than LF, CR, a digit, `-` or `.`; `\\t` for a tab; `whitespace`',
    'What separates fields. Each occurrence does; `whitespace` means runs of spaces and tabs, with the line trimmed.',
  ).prefault(' '),
  fields: integer(2, FIELDS_PER_LINE_MAX, 'How many fields a line has, exactly.').prefault(2),
  key: listOf(z.int().min(1).max(FIELDS_PER_LINE_MAX))
    .meta({
      allowed: `the number of a field, or a list of at most ${String(KEY_FIELDS_MAX)}; fields count from 1`,
      description: 'The field or fields that are the key.',
    })
    .prefault(1),
  value: integer(1, FIELDS_PER_LINE_MAX, 'The field that is added up.').prefault(2),
  ...shared,
});

const csvSchema = z.strictObject({
  kind: z.literal('csv').meta(KIND),
  delimiter: text(
    /^(?:\\t|(?![\n\r0-9."-])[\0-\x7f])$/,
    'one ASCII character other than LF, CR, a digit, `-`, `.` or `"`; `\\t` for a tab',
    'What separates fields that are not quoted.',
  ).prefault(','),
  key: listOf(z.string().regex(COLUMN)).meta({
    allowed: `the name of a column, or a list of at most ${String(KEY_FIELDS_MAX)}`,
    description: 'The column or columns that are the key, by their names in the header line, byte by byte.',
  }),
  value: text(COLUMN, 'the name of a column', 'The column that is added up.'),
  ...shared,
});

/** Without a kind it is `delimited`. */
export const formatSchema = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { kind: 'delimited', ...value } : value),
  z.discriminatedUnion('kind', [delimitedSchema, csvSchema]),
);

/** One alone is a list of one. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (Array.isArray(value) ? (value as unknown[]) : [value]), z.array(item).min(1).max(KEY_FIELDS_MAX));
}
