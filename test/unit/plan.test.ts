import { DEFAULT_COMPRESSION } from '../../src/core/compression';
import { DEFAULT_FORMAT } from '../../src/core/format';
import { automaticSplitBytes, planSplits } from '../../src/core/split';
import { resolvePeriod } from '../../src/core/period';
import { countedBytesMax, makePlan, recordPeriodOf, type PlanInput } from '../../src/core/plan';
import { planText } from '../../src/core/ids';
import { failureCode } from '../helpers/failure-code';

const MIB = 1_048_576;

describe('splits whose size nobody chose', () => {
  test.each([
    [0, 0],
    [1, 1],
    [64 * MIB, 1],
    [64 * MIB + 1, 2],
    [1e9, 8],
    [4e9, 8],
    [10e9, 24],
    [4096 * MIB, 8],
    [1e12, 256],
  ])('a file of %d bytes has %d', (sizeBytes, count) => {
    const splits = planSplits(sizeBytes, automaticSplitBytes(sizeBytes));
    expect(splits).toHaveLength(count);
    expect(splits.at(-1)?.endOffset ?? 0).toBe(sizeBytes);
  });
});

describe('planSplits', () => {
  test('the first split has its head start, and all of a file that is no larger', () => {
    expect(planSplits(40, 10, 5).map(({ endOffset }) => endOffset)).toEqual([15, 25, 35, 40]);
    expect(planSplits(14, 10, 5)).toEqual([{ startOffset: 0, endOffset: 14 }]);
    expect(planSplits(10 * MIB, 4 * MIB, 1.5 * MIB).map(({ endOffset }) => endOffset)).toEqual([6 * MIB, 10 * MIB]);
  });

  test('a file of nothing has no splits', () => {
    expect(planSplits(0, MIB)).toEqual([]);
  });

  test('a file below the target is one split', () => {
    expect(planSplits(1, MIB)).toEqual([{ startOffset: 0, endOffset: 1 }]);
  });

  test('a small file is cut at the target itself', () => {
    expect(planSplits(10, 4).map(({ endOffset }) => endOffset)).toEqual([4, 8, 10]);
  });

  test('a file above 1 MiB is cut at multiples of 1 MiB', () => {
    const splits = planSplits(10 * MIB + 1, 1.5 * MIB);
    expect(splits.every(({ startOffset }) => startOffset % MIB === 0)).toBe(true);
    expect(splits.at(-1)).toEqual({ startOffset: 10 * MIB, endOffset: 10 * MIB + 1 });
  });

  test.each([1, 1000, 255 * MIB, 1e12, 2 ** 53 - 1])('%d bytes have at most 256 splits that cover them', (sizeBytes) => {
    const splits = planSplits(sizeBytes, 1);
    expect(splits.length).toBeLessThanOrEqual(256);
    expect(splits[0]?.startOffset).toBe(0);
    expect(splits.at(-1)?.endOffset).toBe(sizeBytes);
    expect(splits.slice(1).map(({ startOffset }) => startOffset)).toEqual(splits.slice(0, -1).map(({ endOffset }) => endOffset));
  });
});

describe('resolvePeriod', () => {
  const instantMs = Date.UTC(2026, 10, 23, 14, 59, 59, 999);

  test('none has the empty period', () => {
    expect(resolvePeriod({ kind: 'none' }, 'a', instantMs)).toBe('');
  });

  test.each([
    ['hour', '2026-11-23T14'],
    ['day', '2026-11-23'],
    ['month', '2026-11'],
  ] as const)('the admission time gives the %s in UTC', (unit, period) => {
    expect(resolvePeriod({ kind: 'admission', unit }, 'a', instantMs)).toBe(period);
  });

  const pattern = '(\\d{4})[/-](\\d{1,2})(?:[/-](\\d{1,2})(?:T(\\d{1,2}))?)?';
  test.each([
    ['hour', 'in/2026-01-02T3.txt', '2026-01-02T03'],
    ['day', 'in/2024-02-29.txt', '2024-02-29'],
    ['month', '2026/7/1/x-1999-01.txt', '2026-07'],
  ] as const)('the sourceKey gives the %s by its first match', (unit, sourceKey, period) => {
    expect(resolvePeriod({ kind: 'sourceKey', unit, pattern }, sourceKey, 0)).toBe(period);
  });

  test.each([
    ['day', 'no date'],
    ['day', '2026-07'],
    ['day', '2026-02-29'],
    ['month', '2026-13'],
    ['month', '2026-0'],
    ['hour', '2026-01-01T24'],
  ] as const)('a %s that is none is period_unknown: %s', (unit, sourceKey) => {
    expect(failureCode(() => resolvePeriod({ kind: 'sourceKey', unit, pattern }, sourceKey, 0))).toBe('period_unknown');
  });
});

test('a plan of records with a period each has none itself, and is refused by workers that would leave it out', () => {
  const recordPeriod = { unit: 'day', field: 3, timestamp: 'iso8601' } as const;
  const input = { format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION, sizeBytes: 7, splitBytes: 4, firstSeenMs: 0 };
  for (const sourceKey of ['a.txt', 'a.gz']) {
    const plan = makePlan({ ...input, sourceKey, periodRule: { kind: 'record', ...recordPeriod } });
    expect(plan).toMatchObject({ grammarVersion: 3, period: '', periodRule: { kind: 'record', ...recordPeriod } });
    expect(recordPeriodOf(plan)).toEqual(recordPeriod);
  }
  expect(recordPeriodOf(makePlan({ ...input, sourceKey: 'a', periodRule: { kind: 'admission', unit: 'day' } }))).toBeUndefined();
});

test('makePlan holds everything by which a file is counted', () => {
  const input = { format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION, sizeBytes: 7, splitBytes: 4, sourceKey: 'a', firstSeenMs: 0 };
  expect(makePlan({ ...input, periodRule: { kind: 'admission', unit: 'day' } })).toEqual({
    grammarVersion: 1,
    format: DEFAULT_FORMAT,
    sizeBytes: 7,
    splits: [
      { startOffset: 0, endOffset: 4 },
      { startOffset: 4, endOffset: 7 },
    ],
    periodRule: { kind: 'admission', unit: 'day' },
    period: '1970-01-01',
  });
});

describe('a file that is decompressed', () => {
  const input: PlanInput = {
    ...{ format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION, periodRule: { kind: 'none' } },
    ...{ sizeBytes: 10 * MIB, splitBytes: MIB, sourceKey: 'a/b.gz', firstSeenMs: 0 },
  };
  const compressionOf = (change: Partial<PlanInput>) => makePlan({ ...input, ...change }).compression;

  test('is one split whatever its size, under a grammar that workers of before refuse', () => {
    expect(makePlan(input)).toMatchObject({
      grammarVersion: 2,
      compression: { kind: 'gzip', plainBytesMax: 2000 * MIB },
      splits: [{ startOffset: 0, endOffset: 10 * MIB }],
    });
    expect(countedBytesMax(makePlan(input))).toBe(2000 * MIB);
  });

  test.each(['a', 'a.gz.txt', 'gz', 'a.GZ', 'a.tgz', '.gz/a'])('is not %s', (sourceKey) => {
    expect(compressionOf({ sourceKey })).toBeUndefined();
  });

  test('is none where the pipeline says so, even of nothing', () => {
    const compression = { ...DEFAULT_COMPRESSION, mode: 'none' } as const;
    expect(makePlan({ ...input, compression, sizeBytes: 0 })).toMatchObject({ grammarVersion: 1, splits: [] });
    expect(compressionOf({ compression })).toBeUndefined();
  });

  test('is damaged if it is empty: the smallest stream is not', () => {
    expect(failureCode(() => makePlan({ ...input, sizeBytes: 0 }))).toBe('compressed_damaged');
  });

  test.each([
    [100, 64 * MIB],
    [MIB, 200 * MIB],
    [10 * 1024 * MIB, 256 * 1024 * MIB],
  ])('of %d bytes may hold %d', (sizeBytes, plainBytesMax) => {
    expect(compressionOf({ sizeBytes })).toEqual({ kind: 'gzip', plainBytesMax });
  });

  test('may hold no more than the pipeline says, however small it is', () => {
    const compression = { ...DEFAULT_COMPRESSION, plainBytesMax: 1000 };
    expect(compressionOf({ compression, sizeBytes: 100 })).toEqual({ kind: 'gzip', plainBytesMax: 1000 });
  });
});

test('the plan of a file that is not decompressed has the text that it always had, so that its digest is known again', () => {
  const plan = makePlan({
    ...{ format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION, periodRule: { kind: 'none' } },
    ...{ sizeBytes: 7, splitBytes: 4, sourceKey: 'a', firstSeenMs: 0 },
  });
  expect(planText(plan)).toBe(
    '{"format":{"allowNegative":false,"delimiter":{"byte":32,"kind":"byte"},"fieldCount":2,"keyFields":[1],"kind":"delimited",' +
      '"maxLineBytes":1048576,"scale":0,"valueField":2},"grammarVersion":1,"period":"","periodRule":{"kind":"none"},"sizeBytes":7,' +
      '"splits":[{"endOffset":4,"startOffset":0},{"endOffset":7,"startOffset":4}]}',
  );
});
