import { TimestampReader } from '../../../src/core/timestamp';
import type { TimestampKind } from '../../../src/core/record-period';
import type { PeriodUnit } from '../../../src/core/plan';

function readerOf(timestamp: TimestampKind, unit: PeriodUnit): (text: string) => string {
  const reader = new TimestampReader({ timestamp, unit });
  return (text) => reader.read(Buffer.from(text), 0, Buffer.byteLength(text)) ?? Buffer.from(reader.period).toString();
}

test.each<[PeriodUnit, string[], string[]]>([
  ['hour', ['2026-11-23T14:59:59Z', '2026-11-23T15:00:00Z', '2026-11-23T14:00:00Z'], ['2026-11-23T14', '2026-11-23T15', '2026-11-23T14']],
  ['day', ['2026-11-23T23:59:59Z', '2026-11-24T00:00:00Z', '2026-11-23T00:00:00Z'], ['2026-11-23', '2026-11-24', '2026-11-23']],
  ['month', ['2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z', '2026-12-01T00:00:00Z'], ['2026-12', '2027-01', '2026-12']],
  ['month', ['2028-02-29T23:59:59Z', '2028-03-01T00:00:00Z', '2028-02-01T00:00:00Z'], ['2028-02', '2028-03', '2028-02']],
])('a %s ends where the next begins, also in records that follow each other', (unit, texts, periods) => {
  expect(texts.map(readerOf('iso8601', unit))).toEqual(periods);
});

test('an offset and a fraction belong to the same instant in UTC', () => {
  const texts = ['2026-11-24T00:30:00+01:00', '2026-11-23T22:30:00-01:30', '2026-11-23T23:59:59.999999999Z', '2026-11-24T00:00:00-00:00'];
  expect(texts.map(readerOf('iso8601', 'day'))).toEqual(['2026-11-23', '2026-11-24', '2026-11-23', '2026-11-24']);
});

test('an offset can lead out of the range, and into it', () => {
  const texts = ['2099-12-31T23:30:00-01:00', '2100-01-01T00:30:00+01:00', '2000-01-01T00:30:00+01:00', '1999-12-31T23:30:00-01:00'];
  expect(texts.map(readerOf('iso8601', 'hour'))).toEqual(['timestamp_range', '2099-12-31T23', 'timestamp_range', '2000-01-01T00']);
});

test('what usually stands for no time at all, and seconds taken for milliseconds or the other way round, is out of range', () => {
  expect(['0', '000', '1700000000000'].map(readerOf('unixSeconds', 'day'))).toEqual(Array(3).fill('timestamp_range'));
  expect(['0', '1700000000', '1700000000000000'].map(readerOf('unixMilliseconds', 'day'))).toEqual(Array(3).fill('timestamp_range'));
  const dates = ['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z'];
  expect(dates.map(readerOf('iso8601', 'day'))).toEqual(Array(4).fill('timestamp_range'));
});

test('after a refused timestamp the period of the last accepted one is not given to the next', () => {
  const read = readerOf('iso8601', 'day');
  expect(['2026-11-23T10:00:00Z', '2026-11-32T10:00:00Z', '2026-11-32T10:00:00Z', '2026-11-24T10:00:00Z'].map(read)).toEqual([
    '2026-11-23',
    'timestamp_range',
    'timestamp_range',
    '2026-11-24',
  ]);
});
