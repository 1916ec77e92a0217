import { DEFAULT_FORMAT } from '../../../src/core/format';
import { decodePartial } from '../../../src/core/partial-codec';
import { takeOffPeriod } from '../../../src/core/period-key';
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
  const split = entries.map(({ key, sum, count: records }) => ({ ...takeOffPeriod(key, 'day'), sum, records }));
  expect(split.map(({ period, key, sum, records }) => [period, Buffer.from(key).toString(), sum, records])).toEqual([
    ['2026-11-23', 'b', 3n, 1n],
    ['2026-11-24', 'a', 2n, 1n],
    ['2026-11-24', 'b', 5n, 2n],
  ]);
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
  expect(failureCode(() => takeOffPeriod(Buffer.from('2026-11-23'), 'day'))).toBe('invariant_violated');
  expect(failureCode(() => takeOffPeriod(Buffer.from('2026-11-23T14\0a'), 'day'))).toBe('invariant_violated');
});
