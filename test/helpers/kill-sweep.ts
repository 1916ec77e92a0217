/** Kills a process that applies, at moments spread over its work, and looks each time whether the database holds every invariant. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { DEFAULT_POLICIES } from '../../src/core/policies';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import type { Mismatch } from '../../src/sinks/sink';
import type { Store } from '../../src/sinks/store';
import { MEANING, PIPELINE, SinkDriver, testFile, type TestFile } from '../contract/sink-driver';
import { countedContent, type Line } from './counted-content';

const FILES = 12;
const KEYS_PER_FILE = 60;
const KILL_MS_MAX = 5_000;
const AFTER_COMMIT_MS_MAX = 4;

const script = join(__dirname, 'sink-process.cjs');

export interface KillSweepInput {
  readonly store: Store;
  /** How the process opens the same database; crosses a process edge as JSON. */
  readonly options: object;
  readonly kills: number;
  /** From before the first transaction of the process to after its last. */
  readonly delayMsMax: number;
  readonly random: () => number;
  /** What the process does wrong. */
  readonly defect?: 'totals-later';
}

export interface KillSweepReport {
  /** Kills before everything was applied. */
  readonly between: number;
  /** Of the first kill after which there were any; the sweep ends there. */
  readonly mismatches: readonly Mismatch[];
  readonly killsDone: number;
}

/** Closes the store. Throws when nothing was found during the sweep, and the totals at its end are not those of the files. */
export async function sweepKills({ store, options, kills, delayMsMax, random, defect }: KillSweepInput): Promise<KillSweepReport> {
  const all = files();
  const driver = new SinkDriver(new LedgerSink(store), { ...DEFAULT_POLICIES, duplicateContent: 'count' });
  try {
    await driver.sink.ensurePipeline(MEANING);
    await driver.register(...all);
    let between = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      await countAll(driver, all);
      const args = [JSON.stringify(options), PIPELINE, ...(defect === undefined ? [] : [defect])];
      // Half of them at any time, half right after a commit: what should have been in it is missed then.
      const when = random() < 0.5 ? { afterMs: random() * delayMsMax } : { afterCommitMs: random() * AFTER_COMMIT_MS_MAX };
      await killWhileApplying(args, when);
      const mismatches = await driver.sink.verify({ pipeline: PIPELINE });
      const counted = await driver.sink.listFiles({ pipeline: PIPELINE, states: ['counted'], afterSequence: 0, limit: 100 });
      if (counted.length > 0) between += 1;
      if (mismatches.length > 0) return { between, mismatches, killsDone: kill };
    }
    while ((await driver.apply()).remaining > 0);
    await compareTotals(driver, all);
    return { between, mismatches: await driver.sink.verify({ pipeline: PIPELINE }), killsDone: kills };
  } finally {
    await driver.sink.close();
  }
}

function files(): TestFile[] {
  return Array.from({ length: FILES }, (_, file) => {
    const lines = Array.from({ length: KEYS_PER_FILE }, (__, key): Line => [`k${key}`, BigInt(file * 1000 + key)]);
    return testFile(`f${file}`, countedContent(lines));
  });
}

/** What is in is counted anew, so that there is something to apply again. */
async function countAll(driver: SinkDriver, all: readonly TestFile[]): Promise<void> {
  await Promise.all(
    all.map(async (file) => {
      const row = await driver.row(file);
      if (row.state === 'in') await driver.recount(file.fileId);
      if (row.state !== 'counted') await driver.count(file);
    }),
  );
}

async function killWhileApplying(args: readonly string[], when: { afterMs: number } | { afterCommitMs: number }): Promise<void> {
  const child = fork(script, ['apply', ...args]);
  const hears = (expected: string) =>
    new Promise<void>((resolve, reject) => {
      child.on('message', (message) => message === expected && resolve());
      child.once('exit', (code) => reject(new Error(`the process ended by itself with ${String(code)}`)));
    });
  const committed = hears('committed');
  committed.catch(() => undefined);
  await hears('started');
  if ('afterCommitMs' in when) await committed;
  await new Promise((resolve) => setTimeout(resolve, 'afterMs' in when ? when.afterMs : when.afterCommitMs));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

async function compareTotals(driver: SinkDriver, all: readonly TestFile[]): Promise<void> {
  const totals = await driver.totals();
  for (let key = 0; key < KEYS_PER_FILE; key += 1) {
    const sum = all.reduce((total, _, file) => total + BigInt(file * 1000 + key), 0n);
    if (totals[`k${key}`] !== `${sum}/${FILES}`) throw new Error(`k${key} is ${String(totals[`k${key}`])} and not ${sum}/${FILES}`);
  }
}

/** `TALLYLINE_KILLS` says how many; TALLYLINE_LONG=1 takes the number of the long run. */
export function chosenKills(inTests: number, inLongRuns: number): number {
  const chosen = process.env['TALLYLINE_KILLS'];
  if (chosen !== undefined) return Number(chosen);
  return process.env['TALLYLINE_LONG'] === '1' ? inLongRuns : inTests;
}

/** For the timeout of a test. */
export function sweepMsMax(kills: number): number {
  return 30_000 + kills * KILL_MS_MAX;
}
