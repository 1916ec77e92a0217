/** Every rule of the grammar by itself; how they combine is the property tests' part. */
import { DEFAULT_FORMAT } from '../../src/core/format';
import type { DelimitedFormat } from '../../src/core/format';
import { decodePartial } from '../../src/core/partial-codec';
import { countOneSplit } from '../helpers/count-in-splits';

function count(text: string, change: Partial<DelimitedFormat> = {}) {
  const bytes = Buffer.from(text, 'latin1');
  const split = { startOffset: 0, endOffset: bytes.length };
  const circumstances = { random: () => 0.999, chunkBytesMax: 8192, crashRate: 0, blockBytes: 1_048_576 };
  const { accounting, entries } = decodePartial(countOneSplit(bytes, { ...DEFAULT_FORMAT, ...change }, split, circumstances));
  const rejects = Object.fromEntries(Object.entries(accounting.rejects).map(([reason, { count: lines }]) => [reason, lines]));
  const totals = entries.map(({ key, sum }) => `${Buffer.from(key).toString('latin1').replaceAll('\0', '|')}=${sum}`);
  return { ...accounting, rejects, totals, samples: accounting.rejects };
}

const WHITESPACE: Partial<DelimitedFormat> = { delimiter: { kind: 'whitespace' } };

describe('lines', () => {
  test.each([
    ['', 0, false],
    ['\xef\xbb\xbf', 0, false],
    ['\n', 1, false],
    ['1 2', 1, true],
    ['1 2\n', 1, false],
    ['1 2\r\n\r\n3 4\r', 3, true],
    ['\r', 1, true],
  ])('%j has %d lines, unterminated: %p', (text, lines, unterminatedLastLine) => {
    expect(count(text)).toMatchObject({ lines, unterminatedLastLine, rejects: {} });
  });

  test('one CR is dropped at the end of a line and of the file, a second one stays', () => {
    expect(count('a 1\r\nb 2\r\r\nc 3\r')).toMatchObject({ records: 2, rejects: { value_syntax: 1 }, totals: ['a=1', 'c=3'] });
  });

  test('blank is judged after the CR', () => {
    expect(count('\n\r\n\r\r\n')).toMatchObject({ lines: 3, blanks: 2, rejects: { too_few_fields: 1 } });
  });

  test('a BOM belongs to no line, only at the start of the file', () => {
    expect(count('\xef\xbb\xbfa 1\n\xef\xbb\xbfa 2\n')).toMatchObject({ bomBytes: 3, firstOffset: 3, totals: ['a=1', '\xef\xbb\xbfa=2'] });
  });

  test('exactly maxLineBytes is accepted, without LF, CR and BOM', () => {
    const change = { maxLineBytes: 5 };
    expect(count('\xef\xbb\xbfaaa 1\r\nbbb 2\ncccc 3\nd 45\r', change)).toMatchObject({
      rejects: { line_too_long: 1 },
      totals: ['aaa=1', 'bbb=2', 'd=45'],
    });
    expect(count('\xef\xbb\xbfaaaa 1\r\n', change).rejects).toEqual({ line_too_long: 1 });
  });

  test('a line that is too long is sampled at its start', () => {
    const { samples } = count(`${'x'.repeat(5000)}\na 1\n`, { maxLineBytes: 10 });
    expect(samples.line_too_long?.samples).toEqual([{ offset: 0, bytes: new Uint8Array(256).fill(0x78) }]);
  });
});

describe('fields', () => {
  test('each delimiter separates', () => {
    expect(count('a  1\na 1 2\na\n 1\na \n').rejects).toEqual({ too_few_fields: 1, too_many_fields: 2, key_empty: 1, value_syntax: 1 });
  });

  test('whitespace: runs separate, the line is trimmed, a line of only those is blank', () => {
    expect(count(' a \t 1\t\n \t\n\t\r\na\n', WHITESPACE)).toMatchObject({ totals: ['a=1'], blanks: 2, rejects: { too_few_fields: 1 } });
  });

  test('whitespace: length is judged before trimming', () => {
    expect(count('      \n', { ...WHITESPACE, maxLineBytes: 5 })).toMatchObject({ blanks: 0, rejects: { line_too_long: 1 } });
  });

  test('other fields are not checked', () => {
    expect(count('\xff,a,1\n', { delimiter: { kind: 'byte', byte: 0x2c }, fieldCount: 3, keyFields: [2], valueField: 3 }).totals).toEqual([
      'a=1',
    ]);
  });
});

describe('keys', () => {
  test('are kept exactly as bytes', () => {
    expect(count('007 1\n7 2\n\xc3\xa9 3\n').totals).toEqual(['007=1', '7=2', '\xc3\xa9=3']);
  });

  test('1,024 bytes are accepted, 1,025 are not', () => {
    expect(count(`${'k'.repeat(1024)} 1\n${'k'.repeat(1025)} 1\n`)).toMatchObject({ records: 1, rejects: { key_too_long: 1 } });
  });

  test.each(['\0', '\x1f', '\x7f', '\x80', '\xff', '\xc0\x80', '\xe0\x80\x80', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xc3', '\xe2\x82'])(
    '%j is no key',
    (key) => {
      expect(count(`${key} 1\n`).rejects).toEqual({ key_encoding: 1 });
    },
  );

  test.each(['\xf4\x8f\xbf\xbf', '\xef\xbf\xbe', '\xee\x80\x80', '~', '\xc2\x80'])('%j is a key', (key) => {
    expect(count(`${key} 1\n`).totals).toEqual([`${key}=1`]);
  });

  test('several fields are joined in the configured order and judged in it', () => {
    const change = { fieldCount: 3, keyFields: [2, 1], valueField: 3 };
    expect(count('a b 1\nb a 1\n', change).totals).toEqual(['a|b=1', 'b|a=1']);
    expect(count('\x01  1\n', change).rejects).toEqual({ key_empty: 1 });
  });

  test('the first failing rule in the order fields, key, value names the reject', () => {
    expect(count(' x y\n x\n\xff x\na x\n').rejects).toEqual({ too_many_fields: 1, key_empty: 1, key_encoding: 1, value_syntax: 1 });
  });
});

describe('values', () => {
  test.each(['', '-', '+1', '-1', '1.', '.5', '1.5', '1e3', '0x1', '1_000', ' ', '\xd9\xa1'])('%j is none at scale 0', (value) => {
    expect(count(`a,${value}\n`, { delimiter: { kind: 'byte', byte: 0x2c } }).rejects).toEqual({ value_syntax: 1 });
  });

  test.each([
    ['1.5', '150'],
    ['1', '100'],
    ['0001.05', '105'],
    ['92233720368547758.07', '9223372036854775807'],
  ])('%s at scale 2 is %s', (value, sum) => {
    expect(count(`a ${value}\n`, { scale: 2 }).totals).toEqual([`a=${sum}`]);
  });

  test.each(['1.', '.5', '1.505', '1.5.5', '1,5'])('%j is none at scale 2', (value) => {
    expect(count(`a ${value}\n`, { scale: 2 }).rejects).toEqual({ value_syntax: 1 });
  });

  test.each([
    ['9223372036854775807', 'a=9223372036854775807'],
    ['-9223372036854775808', 'a=-9223372036854775808'],
    ['-0', 'a=0'],
    [`-${'0'.repeat(300)}7`, 'a=-7'],
    ['9007199254740993', 'a=9007199254740993'],
  ])('%s is exact', (value, total) => {
    expect(count(`a ${value}\n`, { allowNegative: true }).totals).toEqual([total]);
  });

  test.each(['9223372036854775808', '-9223372036854775809', '9'.repeat(2000)])('%s is out of range', (value) => {
    expect(count(`a ${value}\n`, { allowNegative: true }).rejects).toEqual({ value_range: 1 });
  });

  test('the range is judged on the scaled number', () => {
    expect(count('a 92233720368547758.08\na 92233720368547759\n', { scale: 2 }).rejects).toEqual({ value_range: 2 });
  });

  test('sums go beyond 64 bits without loss', () => {
    const line = 'a 9223372036854775807\n';
    expect(count(line.repeat(5)).totals).toEqual([`a=${5n * (2n ** 63n - 1n)}`]);
    expect(count('a 9007199254740991\n'.repeat(3)).totals).toEqual([`a=${3n * 9007199254740991n}`]);
  });
});

test('the ten lowest offsets of each reason are sampled', () => {
  const { samples } = count('x\n'.repeat(12));
  expect(samples.too_few_fields?.count).toBe(12);
  expect(samples.too_few_fields?.samples.map(({ offset }) => offset)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
});
