/** Many processes' worth of scans, counts, applies and corrections at once over one schema: nothing waits in a circle, and all adds up. */
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { countedContent, type Line } from '../helpers/counted-content';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed, seededRandom } from '../helpers/seeded-random';
import { MEANING, PIPELINE, SinkDriver, testFile, type TestFile } from './sink-driver';

const FILES = 60;
const PROCESSES = 4;
const ROUNDS = 3;
const KEYS = 40;

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start({ deadlock_timeout: '100ms' });
}, 60_000);
afterAll(() => server.remove());

function files(): TestFile[] {
  return Array.from({ length: FILES }, (_, file) => {
    const lines = Array.from({ length: KEYS }, (__, key): Line => [`k${(key * 7 + file) % 100}`, BigInt(file * 1000 + key)]);
    return testFile(`f${file}`, countedContent(lines));
  });
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([left], [right]) => left - right)
    .map(([, item]) => item);
}

test('processes that do the same at once end with every file counted once, without one deadlock', async () => {
  const random = seededRandom(runSeed());
  const options = server.options({ connections: 6 });
  const all = files();
  const drivers = await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const sink = new LedgerSink(await PostgresStore.open(options));
      return new SinkDriver(sink, { ...DEFAULT_POLICIES, duplicateContent: 'count' });
    }),
  );
  const [first] = drivers;
  if (first === undefined) throw new Error('no process');
  await Promise.all(drivers.map(({ sink }) => sink.ensurePipeline(MEANING)));
  for (let round = 0; round < ROUNDS; round += 1) {
    let isCounting = true;
    const counting = drivers.map(async (driver) => {
      const pages = [0, 1, 2].map(() => shuffled(all, random));
      await Promise.all(pages.map((page) => driver.register(...page)));
      await Promise.all(shuffled(all, random).map((file) => countUnlessDone(driver, file)));
    });
    const applying = drivers.map(async (driver) => {
      while (isCounting || (await driver.apply()).remaining > 0) await driver.apply();
    });
    await Promise.all(counting);
    isCounting = false;
    await Promise.all(applying);
    expect(await first.sink.verify({ pipeline: PIPELINE })).toEqual([]);
    const rows = await first.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 1000 });
    expect(rows.map(({ state }) => state)).toEqual(all.map(() => 'in'));
    expect(new Set(rows.map(({ sequence }) => sequence)).size).toBe(FILES);
    expect(await first.totals()).toEqual(truthOf(all));
    if (round === ROUNDS - 1) break;
    // Taken out by one and taken up anew by another, both by all at once.
    const done = await Promise.all(drivers.flatMap((driver) => shuffled(all, random).map(({ fileId }) => takeUpAnew(driver, fileId))));
    expect(done.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(2 * FILES);
  }
  expect(server.log()).not.toContain('deadlock detected');
  await Promise.all(drivers.map(({ sink }) => sink.close()));
}, 60_000);

/** As several workers do that were all told to count one file. */
async function countUnlessDone(driver: SinkDriver, file: TestFile): Promise<void> {
  const { version } = await driver.row(file);
  await driver.admit(file, version);
  await driver.putPartials(file, { version });
  await driver.markCounted(file, version);
}

/** Answers how many of its changes were made, and not by another before it. */
async function takeUpAnew({ sink, ...driver }: SinkDriver, fileId: string): Promise<number> {
  const by = { by: 'tester', reason: 'a test', nowMs: driver.nowMs };
  let done = 0;
  for (const correct of ['retract', 'recount'] as const) {
    const row = await sink.readFile(fileId);
    if (row === null) continue;
    const { outcome } = await sink[correct]({ fileId, version: row.version, ...by });
    if (outcome === 'done') done += 1;
  }
  return done;
}

function truthOf(all: readonly TestFile[]): Record<string, string> {
  const truth = new Map<string, { sum: bigint; count: bigint }>();
  for (const { content } of all) {
    for (const [key, { sum, count }] of content.truth) {
      const before = truth.get(key) ?? { sum: 0n, count: 0n };
      truth.set(key, { sum: before.sum + sum, count: before.count + count });
    }
  }
  return Object.fromEntries([...truth].map(([key, { sum, count }]) => [key, `${sum}/${count}`]));
}
