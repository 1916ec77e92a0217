import { DEFAULT_FORMAT } from '../../../src/core/format';
import { decodePartial } from '../../../src/core/partial-codec';
import { describePeriods, groupByPeriod } from '../../../src/core/period-key';
import { createReferenceCounter } from '../../../src/core/reference-counter';
import { failureCode } from '../../helpers/failure-code';

function count(text: string) {
  const bytes = Buffer.from(text);
  const counter = createReferenceCounter({
    format: { ...DEFAULT_FORMAT, fieldCount: 3 },
    recordPeriod: { unit: 'day', field: 3, timestamp: 'iso8601' },
    sizeBytes: bytes.length,
    split: { startOffset: 0, endOffset: bytes.length },
    createHasher: null,
  });
  counter.push(bytes);
  return decodePartial(counter.encode());
}

test('each record is added to its key in its own period, in order of period, then key', () => {
  const { entries } = count('b 1 2026-11-24T00:00:00Z\na 2 2026-11-24T01:00:00Z\nb 3 2026-11-23T23:00:00Z\nb 4 2026-11-24T23:00:00Z\n');
  const told: unknown[] = [];
  for (const group of groupByPeriod(entries, 'day'))
    for (const { key, sum, count: records } of group.entries) told.push([group.period, Buffer.from(key).toString(), sum, records]);
  expect(told).toEqual([
    ['2026-11-23', 'b', 3n, 1n],
    ['2026-11-24', 'a', 2n, 1n],
    ['2026-11-24', 'b', 5n, 2n],
  ]);
  expect(describePeriods([entries.slice(1), entries], 'day')).toEqual({
    periods: 2,
    firstPeriod: '2026-11-23',
    lastPeriod: '2026-11-24',
  });
});

test('the timestamp is judged after the value, and a record that is refused for it is in no total', () => {
  const { accounting, entries } = count('a x yesterday\na 1 yesterday\na 1 2026-02-30T00:00:00Z\n');
  expect(entries).toEqual([]);
  expect(accounting).toMatchObject({
    records: 0,
    rejects: {
      value_syntax: { count: 1, samples: [{ offset: 0 }] },
      timestamp_syntax: { count: 1, samples: [{ offset: 14 }] },
      timestamp_range: { count: 1, samples: [{ offset: 28 }] },
    },
  });
});

test('a key without a period is no key of records that have one', () => {
  const group = (key: string) => [...groupByPeriod([{ key: Buffer.from(key), sum: 1n, count: 1n }], 'day')];
  for (const key of ['a', '2026-11-23', '2026-11-23T14\0a', '2026-11-23\0'])
    expect(failureCode(() => group(key))).toBe('invariant_violated');
});

test('no entries are one group without a period, and no periods', () => {
  expect([...groupByPeriod([], 'day')]).toEqual([{ period: '', entries: [] }]);
  expect(describePeriods([[], []], 'day')).toEqual({ periods: 0 });
});
