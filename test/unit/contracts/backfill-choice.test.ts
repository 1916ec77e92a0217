import { parseBackfillChoice } from '../../../src/contracts/backfill-choice';
import { BACKFILL_KEYS_MAX } from '../../../src/core/limits';
import { failureCode } from '../../helpers/failure-code';

const pipeline = 'usage';

test.each([
  ['no object', 'usage'],
  ['no pipeline', { prefix: '' }],
  ['no choice', { pipeline }],
  ['two choices', { pipeline, prefix: '', keys: ['a1.txt'] }],
  ['keys as one text', { pipeline, keys: 'a1.txt' }],
  ['no keys', { pipeline, keys: [] }],
  ['too many keys', { pipeline, keys: Array(BACKFILL_KEYS_MAX + 1).fill('a1.txt') }],
  ['a prefix that is no text', { pipeline, prefix: 7 }],
  ['an instant that is none', { pipeline, modifiedFrom: 'yesterday' }],
  ['an instant that is no text', { pipeline, modifiedTo: 2026 }],
])('%s is refused', (_title, input) => {
  expect(failureCode(() => parseBackfillChoice(input))).toBe('config_invalid');
});

test('keys, a prefix, and a time range that may be open are understood', () => {
  expect(parseBackfillChoice({ pipeline, keys: ['a'] })).toEqual({ kind: 'keys', keys: ['a'] });
  expect(parseBackfillChoice({ pipeline, prefix: '' })).toEqual({ kind: 'prefix', prefix: '' });
  expect(parseBackfillChoice({ pipeline, modifiedFrom: '2026-11-23T00:00:00Z' })).toEqual({
    kind: 'modified',
    fromMs: Date.UTC(2026, 10, 23),
    toMs: null,
  });
});
