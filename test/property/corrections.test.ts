/**
 * Corrections in any order and any number of times: the totals are those of a fresh count of the files that the ledger says are in,
 * and every answer that was given on the way can be given again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { MemoryStore } from '../../src/sinks/memory-store';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import type { Store } from '../../src/sinks/store';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed, seededRandom } from '../helpers/seeded-random';
import { CorrectedWorld } from './corrections-world';

const SEQUENCES = Number(process.env['TALLYLINE_CORRECTION_SEQUENCES'] ?? 10_000);

async function runSequences(sequences: number, openStore: (sequence: number) => Promise<Store>): Promise<void> {
  const seed = runSeed();
  const only = process.env['TALLYLINE_SEQUENCE'];
  for (let sequence = only === undefined ? 0 : Number(only); sequence < sequences; sequence += 1) {
    const store = await openStore(sequence);
    const world = new CorrectedWorld(seededRandom(seed + sequence), new LedgerSink(store));
    try {
      await world.run();
    } catch (error) {
      const again = `TALLYLINE_SEED=${seed} TALLYLINE_SEQUENCE=${sequence}`;
      throw new Error(`sequence ${sequence} (${again}): ${world.told.join(', ')}`, { cause: error });
    } finally {
      await store.close();
    }
    if (only !== undefined) return;
  }
}

test(`${SEQUENCES} sequences of corrections: the totals are a fresh count of what is in, and no earlier answer is lost`, async () => {
  await runSequences(SEQUENCES, async () => new MemoryStore());
}, 300_000);

test('the same on SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-corrections-'));
  await runSequences(30, async (sequence) => SqliteStore.open({ path: join(folder, `${sequence}.db`) }));
  rmSync(folder, { recursive: true });
}, 120_000);

test('the same on Postgres', async () => {
  const server = await PostgresServer.start();
  try {
    await runSequences(15, () => PostgresStore.open(server.options({ connections: 2 })));
  } finally {
    await server.remove();
  }
}, 120_000);
