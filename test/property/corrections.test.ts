/**
 * Corrections in any order and any number of times: the totals are those of a fresh count of the files that the ledger says are in,
 * and every answer that was given on the way can be given again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PostgresStore } from '../../src/sinks/postgres-store';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { PostgresServer } from '../helpers/postgres-server';
import { runSeed } from '../helpers/seeded-random';
import { runCorrections, type CorrectionsInput } from './run-corrections';

const SEQUENCES = Number(process.env['TALLYLINE_CORRECTION_SEQUENCES'] ?? 10_000);

function inputOf(sequences: number): CorrectionsInput {
  const only = process.env['TALLYLINE_SEQUENCE'];
  return { seed: runSeed(), sequences, only: only === undefined ? undefined : Number(only) };
}

test(`${SEQUENCES} sequences of corrections: the totals are a fresh count of what is in, and no earlier answer is lost`, async () => {
  const worker = new Worker(join(__dirname, 'corrections-thread.cjs'), { workerData: inputOf(SEQUENCES) });
  const { failure } = await new Promise<{ readonly failure: string | null }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without a report')));
  });
  await worker.terminate();
  if (failure !== null) throw new Error(failure);
}, 300_000);

test('the same on SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-corrections-'));
  await runCorrections(inputOf(30), async (sequence) => SqliteStore.open({ path: join(folder, `${sequence}.db`) }));
  rmSync(folder, { recursive: true });
}, 120_000);

test('the same on Postgres', async () => {
  const server = await PostgresServer.start();
  try {
    await runCorrections(inputOf(15), () => PostgresStore.open(server.options({ connections: 2 })));
  } finally {
    await server.remove();
  }
}, 120_000);
