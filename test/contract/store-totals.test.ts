/** Totals of the databases against those of memory: the same deltas, the same answers, whatever they are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEach } from '../../src/core/entry-codec';
import { INT64_MAX, INT64_MIN } from '../../src/core/limits';
import type { TotalsEntry } from '../../src/core/partial';
import { MemoryStore } from '../../src/sinks/memory-store';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import type { Store } from '../../src/sinks/store';
import type { TotalsDelta } from '../../src/sinks/store-totals';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const ROUNDS = 150;
const PIPELINE = 'p';

const folder = mkdtempSync(join(tmpdir(), 'tallyline-totals-'));
let server: PostgresServer;
let store: PostgresStore;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
beforeEach(async () => {
  store = await PostgresStore.open(server.options());
});
afterEach(() => store.close());
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

const key = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));
const delta = (sum: bigint, count = 1n, ordinal = 0, name = 'a', adjusts = ''): TotalsDelta => ({
  ...{ period: '', key: key(name), adjusts },
  ...{ sum, count, ordinal },
});

interface Ending {
  readonly answer: unknown;
  readonly rows: unknown;
}

/** What a merge answers, and what the totals are after it; files that leave 64 bits are taken out until the rest fits. */
async function merged(tables: Store, deltas: readonly TotalsDelta[], table: 'totals' | 'prunedTotals'): Promise<Ending> {
  const answer: unknown[] = [];
  await tables
    .transaction(async (transaction) => {
      const half = Math.ceil(deltas.length / 2);
      for (const part of [deltas.slice(0, half), deltas.slice(half)]) await transaction[table].stage(PIPELINE, part);
      for (;;) {
        const overflow = await transaction[table].mergeStaged(PIPELINE);
        answer.push(overflow && show(overflow));
        if (overflow === null) break;
        await transaction[table].unstage(PIPELINE, overflow.ordinal);
      }
      // The staging is empty now.
      answer.push(await transaction[table].mergeStaged(PIPELINE));
    })
    .catch((error: unknown) => answer.push((error as { code?: string }).code));
  const rows = await tables.snapshot((transaction) => transaction[table].page(PIPELINE, null, 100_000));
  return { answer, rows: rows.map(show) };
}

function show(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      member instanceof Uint8Array ? Buffer.from(member).toString('latin1') : typeof member === 'bigint' ? String(member) : member,
    ]),
  );
}

test(`${ROUNDS} rounds of deltas end as in memory, overflows, empty totals and broken rules among them`, async () => {
  const random = seededRandom(runSeed());
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const sums = [0n, 1n, -1n, 5n, -5n, INT64_MAX, INT64_MIN, -INT64_MIN, INT64_MAX / 2n, INT64_MIN / 2n, INT64_MIN * 2n, 1000n, -1000n];
  const memory = new MemoryStore();
  const sqlite = SqliteStore.open({ path: join(folder, 'tallyline.db') });
  // Its deltas leave memory in the middle of most rounds, sometimes at once.
  const spilling = SqliteStore.open({ path: join(folder, 'spilling.db') }, { deltasMax: 3, addressesMax: 2 });
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const isPlain = random() < 0.4;
    const size = 1 + Math.floor(random() * 12);
    const deltas = Array.from({ length: size }, (_, index) => ({
      period: pick(['', '2026-11', '2026-12']),
      key: key(pick(['', 'a', 'b', '\0', '\xff\xfe', 'a\0b'])),
      adjusts: isPlain ? '' : pick(['', '', '2026-10']),
      sum: isPlain ? pick(sums.filter((sum) => sum >= 0n && sum <= INT64_MAX)) : pick(sums),
      count: isPlain ? pick([1n, 2n]) : pick([0n, 1n, 1n, -1n, 3n, -3n]),
      ordinal: Math.floor((index * 4) / size),
    }));
    const table = pick(['totals', 'totals', 'totals', 'prunedTotals'] as const);
    const expected = await merged(memory, deltas, table);
    for (const tables of [store, sqlite, spilling])
      expect({ round, ...(await merged(tables, deltas, table)) }).toEqual({ round, ...expected });
    for (const part of expected.answer as unknown[]) seen.add(typeof part === 'string' ? part : part === null ? 'merged' : 'overflow');
  }
  await sqlite.close();
  await spilling.close();
  expect([...seen].sort()).toEqual(['invariant_violated', 'merged', 'overflow']);
}, 60_000);

/** What is staged, and what a merge makes of it. */
async function stagedEncoded(tables: Store, files: readonly (readonly TotalsEntry[])[]): Promise<unknown> {
  const answers: unknown[] = [];
  await tables.transaction(async ({ totals }) => {
    for (const [ordinal, entries] of files.entries()) {
      const to = { period: ordinal % 2 === 0 ? '' : '2026-11', adjusts: '', ordinal };
      const encoded = Buffer.concat([...encodeEach(entries).pieces()]);
      const tooLarge = await totals.stageEncoded?.(to, encoded);
      answers.push(tooLarge && show(tooLarge));
      if (tooLarge) await totals.unstage(PIPELINE, ordinal);
    }
    answers.push(await totals.mergeStaged(PIPELINE));
  });
  const rows = await tables.snapshot(({ totals }) => totals.page(PIPELINE, null, 100_000));
  return { answers, rows: rows.map(show) };
}

test('encoded entries are staged as their deltas are, up to the first that leaves 64 bits', async () => {
  const random = seededRandom(runSeed());
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const sums = [0n, 7n, -7n, 2n ** 31n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 60n, -(2n ** 60n)];
  for (let round = 0; round < 40; round += 1) {
    const rare = round % 4 === 0 ? [INT64_MAX + 1n, INT64_MIN - 1n] : [];
    const files = Array.from({ length: 3 }, () =>
      ['', 'a', 'a\0b', 'b', 'c', '\xff']
        .filter(() => random() < 0.7)
        .map((name) => ({ key: key(name), sum: pick([...sums, ...rare]), count: 2n })),
    );
    const wholeFiles = files.map((entries) => entries.findIndex(({ sum }) => sum > INT64_MAX || sum < INT64_MIN));
    const memory = new MemoryStore();
    const deltas = files.flatMap((entries, ordinal) =>
      wholeFiles[ordinal] === -1
        ? entries.map((entry) => ({ ...entry, period: ordinal % 2 === 0 ? '' : '2026-11', adjusts: '', ordinal }))
        : [],
    );
    const expected = await merged(memory, deltas, 'totals');
    const answers = files.map((entries, ordinal) => (wholeFiles[ordinal] === -1 ? null : show(entries[wholeFiles[ordinal]!]!)));
    for (const limits of [undefined, { deltasMax: 3, addressesMax: 2 }]) {
      const sqlite = SqliteStore.open({ path: join(folder, `encoded-${round}-${limits ? 'spilling' : 'whole'}.db`) }, limits);
      expect(await stagedEncoded(sqlite, files)).toEqual({ answers: [...answers, null], rows: expected.rows });
      await sqlite.close();
    }
  }
}, 60_000);

test('many deltas are copied, and end as a few do', async () => {
  const memory = new MemoryStore();
  const many = Array.from({ length: 12_000 }, (_, index) => delta(BigInt(index), 1n, index % 3, `k${index % 4000}`));
  expect(await merged(store, many, 'totals')).toEqual(await merged(memory, many, 'totals'));
  const more = many.map((one) => ({ ...one, sum: one.ordinal === 1 ? INT64_MAX : one.sum }));
  const ending = await merged(store, more, 'totals');
  expect(ending).toEqual(await merged(memory, more, 'totals'));
  expect(ending.answer).toEqual([{ period: '', key: 'k0', adjusts: '', ordinal: 1 }, null, null]);
  const back = many.map((one) => ({ ...one, sum: -one.sum, count: -one.count }));
  expect(await merged(store, back, 'totals')).toEqual(await merged(memory, back, 'totals'));
});

test('a sum reaches both ends of 64 bits exactly, and not one beyond', async () => {
  for (const [end, beyond] of [
    [INT64_MAX, 1n],
    [INT64_MIN, -1n],
  ] as const) {
    const name = `to ${end}`;
    const steps = [delta(end - beyond, 1n, 0, name), delta(beyond, 1n, 1, name)];
    expect((await merged(store, steps, 'totals')).answer).toEqual([null, null]);
    const read = await store.snapshot(({ totals }) => totals.read(PIPELINE, [delta(0n, 0n, 0, name)]));
    expect(read.map(({ sum, count }) => [sum, count])).toEqual([[end, 2n]]);
    const overflow = { period: '', key: name, adjusts: '', ordinal: 0 };
    expect((await merged(store, [delta(beyond, 1n, 0, name)], 'totals')).answer).toEqual([overflow, null, null]);
    // The whole of it can be taken out at once, although its opposite fits no integer of the database.
    expect((await merged(store, [delta(-end, -2n, 0, name)], 'totals')).answer).toEqual([null, null]);
    expect(await store.snapshot(({ totals }) => totals.read(PIPELINE, [delta(0n, 0n, 0, name)]))).toEqual([]);
  }
});

test('pages follow the bytes of the keys, whatever language the database speaks', async () => {
  const names = ['b', 'B', 'a', '\xe4', 'A', '', '\0', 'Z', '\xff', 'aa'];
  await merged(
    store,
    names.map((name) => delta(1n, 1n, 0, name)),
    'totals',
  );
  const pages: string[] = [];
  for (let after = null as TotalsDelta | null; ;) {
    const [row] = await store.snapshot(({ totals }) => totals.page(PIPELINE, after, 1));
    if (row === undefined) break;
    pages.push(Buffer.from(row.key).toString('latin1'));
    after = { ...row, ordinal: 0 };
  }
  expect(pages).toEqual([...names].sort((left, right) => Buffer.compare(key(left), key(right))));
});
