/** A process that applies is killed at moments spread over its work; the database must hold every invariant each time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { chosenKills, sweepKills, sweepMsMax, type KillSweepInput } from '../helpers/kill-sweep';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const PLANTED_KILLS_MAX = 60;

const folder = mkdtempSync(join(tmpdir(), 'tallyline-kill-'));
let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

type Opened = Pick<KillSweepInput, 'store' | 'options' | 'delayMsMax'>;

let databases = 0;
const openers: Readonly<Record<string, () => Promise<Opened>>> = {
  SQLite: async () => {
    const path = join(folder, `${(databases += 1)}.db`);
    return { store: SqliteStore.open({ path }), options: { kind: 'sqlite', path }, delayMsMax: 50 };
  },
  Postgres: async () => {
    const options = server.options();
    return { store: await PostgresStore.open(options), options, delayMsMax: 120 };
  },
};

const kills = { SQLite: chosenKills(60, 1000), Postgres: chosenKills(40, 200) };

describe.each(Object.entries(kills))('on %s', (name, count) => {
  const open = openers[name];
  if (open === undefined) throw new Error(`no way to open ${name}`);

  test(
    `${count} kills of a process that applies leave a database in which everything adds up`,
    async () => {
      const report = await sweepKills({ ...(await open()), kills: count, random: seededRandom(runSeed()) });
      expect(report.mismatches).toEqual([]);
      process.stderr.write(`${name}: killed before all was applied: ${report.between} of ${count}\n`);
      // Kills that all came too late would prove nothing.
      expect(report.between).toBeGreaterThanOrEqual(count / 10);
    },
    sweepMsMax(count),
  );

  test(
    'the same kills find a sink that writes the ledger and the totals in two transactions',
    async () => {
      const random = seededRandom(runSeed());
      const report = await sweepKills({ ...(await open()), kills: PLANTED_KILLS_MAX, random, defect: 'totals-later' });
      process.stderr.write(`${name}: found by kill ${report.killsDone}: ${report.mismatches[0]?.check ?? 'nothing'}\n`);
      expect(report.mismatches.map(({ check }) => check)).not.toEqual([]);
    },
    sweepMsMax(PLANTED_KILLS_MAX),
  );
});
