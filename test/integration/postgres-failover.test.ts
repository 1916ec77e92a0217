/**
 * A primary and its synchronous standby: the primary is killed with commits in flight, the standby takes over, and the killed one
 * comes back as the standby. What was acknowledged is there, and what was not known is counted once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { TallylineFailure } from '../../src/core/failures';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { MEANING, PIPELINE, SinkDriver, testFile, type TestFile } from '../contract/sink-driver';
import { countedContent, type Line } from '../helpers/counted-content';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const FAILOVERS = process.env['TALLYLINE_LONG'] === '1' ? 100 : 20;
const COUNTERS = 4;
const APPLIERS = 2;
const KEYS = 30;
const WORK_MS_MAX = 400;
const STANDBY = 'standby';
const SETTINGS = { synchronous_standby_names: STANDBY, synchronous_commit: 'on', max_wal_size: '1GB' };

class Pair {
  private constructor(
    public primary: PostgresServer,
    public standby: PostgresServer,
  ) {}

  static async start(): Promise<Pair> {
    // Nothing could be committed before there is somebody to confirm it.
    const primary = await PostgresServer.start();
    const pair = new Pair(primary, await PostgresServer.copyOf(primary, SETTINGS));
    await pair.standby.follow(primary, STANDBY);
    await primary.stop();
    await primary.run(SETTINGS);
    await pair.isInSync();
    return pair;
  }

  /** Afterwards the two have changed places. */
  async failOver(): Promise<void> {
    await this.primary.kill();
    // A question to a standby may be cancelled by what it replays, so that it is asked until it answers as a primary.
    await eventually('a standby that took over', async () => {
      const promote = 'SELECT pg_is_in_recovery() AS waits, CASE WHEN pg_is_in_recovery() THEN pg_promote(false) END';
      const [row] = await this.standby.query(promote).catch(() => []);
      return row?.['waits'] === false;
    });
    [this.primary, this.standby] = [this.standby, this.primary];
    this.standby.copyFrom(this.primary);
    await this.standby.follow(this.primary, STANDBY);
    await this.isInSync();
  }

  private async isInSync(): Promise<void> {
    const states = `SELECT FROM pg_stat_replication WHERE application_name = '${STANDBY}' AND sync_state = 'sync' AND state = 'streaming'`;
    await eventually('the standby confirms commits', async () => (await this.primary.query(states)).length === 1);
  }
}

/** Counts and applies files, each new, until it is told to stop; takes no failure for an end. */
class Load {
  readonly files: TestFile[] = [];
  /** Files whose apply was answered. */
  readonly acknowledged = new Set<string>();
  readonly failures = new Map<string, number>();
  private isStopping = false;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly driver: SinkDriver) {}

  start(): void {
    const counters = Array.from({ length: COUNTERS }, () => this.repeat(() => this.countOne()));
    const appliers = Array.from({ length: APPLIERS }, () => this.repeat(() => this.applyOnce()));
    this.running = Promise.all([...counters, ...appliers]);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  async applyOnce(): Promise<number> {
    const { outcomes, remaining } = await this.again(() => this.driver.apply());
    for (const { fileId, outcome } of outcomes) if (outcome === 'in') this.acknowledged.add(fileId);
    return remaining;
  }

  private async countOne(): Promise<void> {
    const number = this.files.length;
    const lines = Array.from({ length: KEYS }, (_, key): Line => [`k${(key + number) % 50}`, BigInt(number * 1000 + key)]);
    const file = testFile(`f${number}`, countedContent(lines));
    this.files.push(file);
    await this.again(() => this.driver.register(file));
    await this.again(() => this.driver.admit(file));
    await this.again(() => this.driver.putPartials(file));
    await this.again(() => this.driver.markCounted(file));
  }

  private async repeat(work: () => Promise<unknown>): Promise<void> {
    while (!this.isStopping) await work();
  }

  /** The same again until there is an answer, as activities are retried. Anything else than a lost server is a defect. */
  private async again<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof TallylineFailure) || !['sink_unavailable', 'commit_unknown'].includes(error.code)) throw error;
        this.failures.set(error.code, (this.failures.get(error.code) ?? 0) + 1);
        await pause(20);
      }
    }
  }
}

function truthOf(files: readonly TestFile[]): Record<string, string> {
  const truth = new Map<string, { sum: bigint; count: bigint }>();
  for (const [key, value] of files.flatMap(({ content }) => [...content.lines])) {
    const { sum, count } = truth.get(key) ?? { sum: 0n, count: 0n };
    truth.set(key, { sum: sum + (value === 'x' ? 0n : value), count: count + 1n });
  }
  return Object.fromEntries([...truth].map(([key, { sum, count }]) => [key, `${sum}/${count}`]));
}

test(
  `${FAILOVERS} failovers with commits in flight lose nothing that was acknowledged, and count nothing twice`,
  async () => {
    const random = seededRandom(runSeed());
    const pair = await Pair.start();
    const hosts = [pair.primary, pair.standby].map(({ port }) => ({ host: '127.0.0.1', port }));
    const sink = new LedgerSink(await PostgresStore.open(pair.primary.options({ hosts })));
    const driver = new SinkDriver(sink, { ...DEFAULT_POLICIES, duplicateContent: 'count' });
    await sink.ensurePipeline(MEANING);
    const load = new Load(driver);
    load.start();
    for (let failover = 0; failover < FAILOVERS; failover += 1) {
      await pause(random() * WORK_MS_MAX);
      const acknowledged = [...load.acknowledged];
      await pair.failOver();
      const rows = await sink.readStatuses(acknowledged);
      expect(rows.filter(({ state }) => state !== 'in')).toEqual([]);
      expect(rows).toHaveLength(acknowledged.length);
    }
    await load.stop();
    while ((await load.applyOnce()) > 0);
    expect(await sink.verify({ pipeline: PIPELINE })).toEqual([]);
    expect(await driver.totals()).toEqual(truthOf(load.files));
    const counted = (await driver.ledger()).filter((entry) => entry.includes('counted'));
    expect(counted).toHaveLength(load.files.length);
    const seen = [...load.failures].map(([code, times]) => `${code} ${times}`).join(', ');
    process.stderr.write(`${FAILOVERS} failovers, ${load.files.length} files, ${seen}\n`);
    // Failovers that met no commit would prove nothing.
    expect(load.failures.get('commit_unknown') ?? 0).toBeGreaterThan(0);
    await sink.close();
    await Promise.all([pair.primary.remove(), pair.standby.remove()]);
  },
  60_000 + FAILOVERS * 10_000,
);
