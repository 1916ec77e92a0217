import { csvRow, joinKey, keyFields } from '../../src/core/csv';
import { formatScaled } from '../../src/core/value';
import { failureCode } from '../helpers/failure-code';

test('cells are quoted only where they must be, and a row ends with LF', () => {
  expect(csvRow(['a', 'b c', '', 'd,e', 'f"g', 'h\ni', '\r'])).toBe('a,b c,,"d,e","f""g","h\ni","\r"\n');
});

test('a key is its fields, joined by the delimiter or one space', () => {
  const key = Buffer.from('a\0é b');
  expect(keyFields(key)).toEqual(['a', 'é b']);
  expect(keyFields(Buffer.from('\ufeffx'))).toEqual(['\ufeffx']);
  expect(joinKey(key, { delimiter: { kind: 'byte', byte: 0x3b } })).toBe('a;é b');
  expect(joinKey(Buffer.from('a\0b'), { delimiter: { kind: 'whitespace' } })).toBe('a b');
});

test('a key whose join would be ambiguous is refused, a single field never is', () => {
  expect(failureCode(() => joinKey(Buffer.from('a\0b c'), { delimiter: { kind: 'whitespace' } }))).toBe('config_invalid');
  expect(joinKey(Buffer.from('b c'), { delimiter: { kind: 'whitespace' } })).toBe('b c');
});

test.each([
  [150n, 2, '1.50'],
  [-5n, 2, '-0.05'],
  [0n, 3, '0.000'],
  [7n, 0, '7'],
  [-(2n ** 63n), 18, '-9.223372036854775808'],
])('%s at scale %d reads %s', (sum, scale, text) => {
  expect(formatScaled(sum, scale)).toBe(text);
});
