/** Small files and formats of the delimited kind, full of what a counter may take wrongly. Bytes as latin1. */
import fc from 'fast-check';

import { DEFAULT_FORMAT } from '../../src/core/format';
import type { DelimitedFormat } from '../../src/core/format';
import type { Split } from '../../src/core/split';

const lineEnds = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r\r\n', '\r', '\n\n', '');
/** Alike up to their ends, of every length around those of a register, so that masks, hashes and comparisons are at their bounds. */
const alikeKeys = fc
  .tuple(
    fc.constantFrom(0, 3, 6, 7, 8, 9, 13, 14, 15, 16, 17, 23, 31, 32, 40),
    fc.constantFrom('', '', 'a', 'b', '1', '\xc3\xa9', '\x7f', '\x1f', '\xff'),
  )
  .map(([length, end]) => 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ'.slice(0, length) + end);
/** The first and the last of each kind, and their neighbours (RFC 3629, section 4). */
const utf8Bounds = fc.constantFrom(
  ...['\xc2\x80', '\xc1\xbf', '\xdf\xbf', '\xe0\xa0\x80', '\xe0\x9f\xbf', '\xe0\x80\x80', '\xed\x9f\xbf', '\xed\xa0\x80', '\xef\xbf\xbf'],
  ...['\xf0\x90\x80\x80', '\xf0\x8f\xbf\xbf', '\xf0\x80\x80\x80', '\xf4\x8f\xbf\xbf', '\xf4\x90\x80\x80', '\xf5\x80\x80\x80'],
  ...['\xc3\xc3', '\xe2\x82\xff', '\xe2\x82a', '\xf0\x90\x80\xc0', '\xf0\x90\x80', '\xc3\xa9\x7f', '\xc3\xa9\x1f', 'a\xc3\xa9b'],
);
export const keys = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('1', '12', '123', 'a', 'b', '007', '0', '999999', '1234567') },
  { weight: 4, arbitrary: alikeKeys },
  { weight: 2, arbitrary: fc.constantFrom('\xc3\xa9', '\xf0\x9f\x92\xb0', '\xef\xbb\xbf', 'a,b', '"q"', '\\', '\xe2\x80\xae') },
  { weight: 1, arbitrary: fc.constantFrom('', '\0', 'a\x01', '\x7f', '\xff', '\xc3', '\xc0\x80', '\xe2\x80') },
  { weight: 1, arbitrary: utf8Bounds },
);
/** As many digits as are asked for, with a point somewhere or without. */
export const digits = fc
  .tuple(
    fc.integer({ min: 1, max: 20 }),
    fc.oneof(fc.integer({ min: 1, max: 999_999_999 }), fc.constant(9)),
    fc.constantFrom<number | 'start' | 'end'>(0, 0, 0, 0, 1, 1, 2, 3, 4, 9, 18, 'start', 'end'),
  )
  .map(([length, digitsBefore, decimals]) => {
    const all = String(digitsBefore).repeat(length).slice(0, length);
    if (decimals === 'end') return `${all}.`;
    if (decimals === 'start') return `.${all}`;
    return decimals > 0 && decimals < length ? `${all.slice(0, -decimals)}.${all.slice(-decimals)}` : all;
  });
export const values = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: 99_999 }).map(String) },
  { weight: 2, arbitrary: digits },
  {
    weight: 2,
    arbitrary: fc.constantFrom('0', '-0', '0007', '00000000000000000000000001', '-5', '1.5', '1.50', '-1.505', '0.00', '000.1'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '92233720368547758.07'],
      ...['92233720368547758.08', '9007199254740993', '999999999999999', '1000000000000000', '99999999999999999999', '9007199254740991'],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '-', '--1', '+1', '1e3', '.5', '5.', '1.', '0x1', '1 ', 'x', '1.2.3', '\xd9\xa1') },
);
const separators = fc.oneof(
  { weight: 8, arbitrary: fc.constant(' ') },
  { weight: 2, arbitrary: fc.constantFrom('\t', ',', '  ', ' \t', '') },
);
export const plainLine = fc.tuple(keys, separators, values, lineEnds).map((parts) => parts.join(''));
const oddPiece = fc.oneof(
  fc.tuple(keys, separators, keys, separators, values, lineEnds).map((parts) => parts.join('')),
  fc.constantFrom('\n', '\r\n', ' \n', '\t \r\n', '\0', 'a', '\r', ' 1 2\n', '1 2 \n', '1 2 3\n', '\xef\xbb\xbf'),
  fc.nat({ max: 60 }).map((length) => `${'k'.repeat(length)} 1\n`),
  fc.nat({ max: 60 }).map((length) => `1 ${'0'.repeat(length)}1\n`),
  fc.nat({ max: 60 }).map((length) => `${' '.repeat(length)}\n`),
);
export const piece = fc.oneof({ weight: 6, arbitrary: plainLine }, { weight: 2, arbitrary: oddPiece });
export const bom = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom('\xef\xbb\xbf', '\xef\xbb', '\xef') },
);
export const file = fc
  .tuple(bom, fc.array(piece, { maxLength: 9 }), fc.constantFrom('', '1 2', '1', '\r'))
  .map(([start, pieces, end]) => Buffer.from(start + pieces.join('') + end, 'latin1'));

export const format: fc.Arbitrary<DelimitedFormat> = fc
  .record({
    delimiter: fc.constantFrom<DelimitedFormat['delimiter']>(
      { kind: 'byte', byte: 0x20 },
      { kind: 'byte', byte: 0x20 },
      { kind: 'byte', byte: 0x2c },
      { kind: 'whitespace' },
    ),
    fields: fc.constantFrom(
      ...[
        { fieldCount: 2, keyFields: [1], valueField: 2 },
        { fieldCount: 2, keyFields: [1], valueField: 2 },
        { fieldCount: 2, keyFields: [2], valueField: 1 },
      ],
      ...[
        { fieldCount: 3, keyFields: [1, 2], valueField: 3 },
        { fieldCount: 3, keyFields: [2, 1], valueField: 3 },
        { fieldCount: 3, keyFields: [3], valueField: 1 },
        { fieldCount: 3, keyFields: [1], valueField: 2 },
        { fieldCount: 4, keyFields: [4, 2], valueField: 3 },
      ],
    ),
    scale: fc.constantFrom(0, 0, 2, 3, 9, 18),
    allowNegative: fc.boolean(),
    maxLineBytes: fc.constantFrom(1, 2, 7, 20, 40, 1_048_576, 1_048_576),
  })
  .map(({ fields, ...rest }) => ({ ...DEFAULT_FORMAT, ...rest, ...fields }));

/** Cuts are parts of 1,000 of the size, so that they shrink on their own. */
export function splitsOf(sizeBytes: number, cuts: readonly number[]): Split[] {
  const bounds = [...new Set([0, ...cuts.map((cut) => Math.floor((cut * sizeBytes) / 1000)), sizeBytes])].sort(
    (left, right) => left - right,
  );
  return bounds.slice(1).map((endOffset, index) => ({ startOffset: bounds[index]!, endOffset }));
}
