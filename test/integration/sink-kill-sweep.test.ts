/** A process that applies is killed at moments spread over its work; the database must hold every invariant each time. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { SqliteStore } from '../../src/sinks/sqlite-store';
import { MEANING, PIPELINE, SinkDriver, testFile, type TestFile } from '../contract/sink-driver';
import { countedContent, type Line } from '../helpers/counted-content';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const KILLS = 60;
const FILES = 12;
const KEYS_PER_FILE = 60;
/** From before the first transaction of the child to after its last. */
const DELAY_MS_MAX = 60;

const script = join(__dirname, '..', 'helpers', 'sink-process.cjs');
const folder = mkdtempSync(join(tmpdir(), 'tallyline-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

function files(): TestFile[] {
  return Array.from({ length: FILES }, (_, file) => {
    const lines = Array.from({ length: KEYS_PER_FILE }, (__, key): Line => [`k${key}`, BigInt(file * 1000 + key)]);
    return testFile(`f${file}`, countedContent(lines));
  });
}

async function killWhileApplying(path: string, delayMs: number): Promise<void> {
  const child = fork(script, ['apply', path, PIPELINE]);
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the child ended by itself with ${String(code)}`)));
  });
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

test(`${KILLS} kills of a process that applies leave a database in which everything adds up`, async () => {
  const random = seededRandom(runSeed());
  const path = join(folder, 'tallyline.db');
  const all = files();
  const driver = new SinkDriver(new LedgerSink(SqliteStore.open({ path })), { ...DEFAULT_POLICIES, duplicateContent: 'count' });
  await driver.sink.ensurePipeline(MEANING);
  await driver.register(...all);
  let between = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    for (const file of all) {
      const row = await driver.row(file);
      if (row.state === 'in') await driver.recount(file.fileId);
      if (row.state !== 'counted') await driver.count(file);
    }
    await killWhileApplying(path, Math.floor(random() * DELAY_MS_MAX));
    expect(await driver.sink.verify({ pipeline: PIPELINE })).toEqual([]);
    const counted = await driver.sink.listFiles({ pipeline: PIPELINE, states: ['counted'], afterSequence: 0, limit: 100 });
    if (counted.length > 0) between += 1;
  }
  while ((await driver.apply()).remaining > 0);
  expect(await driver.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  const totals = await driver.totals();
  for (let key = 0; key < KEYS_PER_FILE; key += 1) {
    const sum = all.reduce((total, _, file) => total + BigInt(file * 1000 + key), 0n);
    expect(totals[`k${key}`]).toBe(`${sum}/${FILES}`);
  }
  process.stderr.write(`killed before all was applied: ${between} of ${KILLS}\n`);
  // Kills that all came too late would prove nothing.
  expect(between).toBeGreaterThanOrEqual(KILLS / 10);
  await driver.sink.close();
}, 120_000);
