/** What the kernel merges into CSV are the rows that the slow way gives, to the byte. */
import fc from 'fast-check';

import { csvRows } from '../../src/cli/count-report';
import { DEFAULT_FORMAT } from '../../src/core/format';
import { mergeSorted } from '../../src/core/merge';
import type { TotalsEntry } from '../../src/core/partial';
import { encodeEach } from '../../src/core/entry-codec';
import { entriesOf, MemoryRun, type EntryRun } from '../../src/kernel/entry-run';
import { areSumsShort, mergeToCsv, MERGED_RUNS_MAX } from '../../src/kernel/merge-runs';
import { runSeed } from '../helpers/seeded-random';

const seed = runSeed();
const JOINER = ';';
const format = { ...DEFAULT_FORMAT, delimiter: { kind: 'byte', byte: 0x3b } } as const;
/** The largest sum that still counts as short. */
const SHORT_SUM = 2n ** 55n;

const field = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ' ', 'é'), minLength: 1, maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('a', '"', ','), minLength: 1, maxLength: 1024 }),
);
const world = fc.record({ fields: fc.integer({ min: 1, max: 3 }), hasPeriod: fc.boolean() }).chain(({ fields, hasPeriod }) => {
  const period = fc.constantFrom('2026-11-22', '2026-11-23');
  const key = fc.tuple(period, fc.array(field, { minLength: fields, maxLength: fields }));
  const sum = fc.oneof(fc.bigInt({ min: -SHORT_SUM, max: SHORT_SUM - 1n }), fc.constantFrom(-SHORT_SUM, SHORT_SUM - 1n, 0n));
  const entry = fc.record({ place: fc.nat(), sum, count: fc.bigInt({ min: 1n, max: 2n ** 40n }) });
  return fc.record({
    hasPeriod: fc.constant(hasPeriod),
    keys: fc
      .array(key, { minLength: 1, maxLength: 60 })
      .map((all) => all.map(([day, parts]) => Buffer.from((hasPeriod ? [day, ...parts] : parts).join('\0')))),
    runs: fc.array(fc.array(entry, { maxLength: 60 }), { maxLength: 12 }),
    // Every run several times: windows end within entries, and hundreds of runs are merged.
    times: fc.constantFrom(1, 1, 1, 20),
  });
});

function runOf(entries: readonly TotalsEntry[]): EntryRun {
  return new MemoryRun(Buffer.concat([...encodeEach(entries).pieces()]));
}

function text(pieces: Iterable<Uint8Array | string>): string {
  return Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece))).toString();
}

test('runs of any number and length', () => {
  fc.assert(
    fc.property(world, ({ hasPeriod, keys, runs: drawn, times }) => {
      const runs = drawn.flatMap((entries) => {
        const unique = new Map(entries.map(({ place, sum, count }) => [String(keys[place % keys.length]), { sum, count }]));
        const sorted = [...unique].map(([key, totals]) => ({ key: Buffer.from(key), ...totals }));
        sorted.sort((left, right) => Buffer.compare(left.key, right.key));
        return Array.from({ length: times }, () => runOf(sorted));
      });
      expect(areSumsShort(runs)).toBe(true);
      const slowly = text(csvRows(mergeSorted(runs.map(entriesOf)), format, hasPeriod ? 'day' : undefined));
      expect(text(mergeToCsv(runs, JOINER, hasPeriod ? 10 : 0))).toBe(slowly);
    }),
    { seed, numRuns: 300 },
  );
}, 120_000);

test('as many runs as may be merged, each with the least sum, come to the least of 64 bits', () => {
  const runs = Array.from({ length: MERGED_RUNS_MAX }, () => runOf([{ key: Buffer.from('a'), sum: -SHORT_SUM, count: 1n }]));
  expect(areSumsShort(runs)).toBe(true);
  expect(text(mergeToCsv(runs, JOINER, 0))).toBe(`a,${-(2n ** 63n)},256\n`);
  expect(areSumsShort([...runs, runOf([])])).toBe(false);
});

test('a larger sum is not for the kernel', () => {
  expect(areSumsShort([runOf([{ key: Buffer.from('a'), sum: SHORT_SUM, count: 1n }])])).toBe(false);
});

test('a run that ends before its length does not keep the merge waiting', () => {
  const run = { sizeBytes: 100, read: () => 0, close: () => undefined };
  expect(() => text(mergeToCsv([run], JOINER, 0))).toThrow('cut short');
});

test('a key whose fields could not be told apart in one cell is named', () => {
  const key = Buffer.from(`a${JOINER}b\0c`);
  const run = runOf([Buffer.from('0'), key].map((each) => ({ key: each, sum: 1n, count: 1n })));
  expect(() => text(mergeToCsv([run], JOINER, 0))).toThrow(JSON.stringify([`a${JOINER}b`, 'c']));
});
