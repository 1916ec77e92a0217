/** Files of a folder through the whole pipeline on a test bed: from the start of a scan to the end of the last workflow. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { eventually } from '../../test/helpers/eventually';
import { PIPELINE, type TestBed } from '../../test/helpers/test-bed';
import { TALLYLINE } from '../peers/places';

const RUN_MS_MAX = 1_800_000;
const EMIT_MS_MAX = 600_000;
const LOOK_MS = 5;

export interface EmitRequest {
  readonly files: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly seed: number;
  readonly ids: number;
}

export interface Emitted {
  readonly files: number;
  readonly bytes: number;
}

export type Sums = Map<string, bigint>;

/** Written beside the source and moved in, so that no scan finds half of them. Adds their true sums to `truth`. */
export function emitFiles(bed: TestBed, { files, minBytes, maxBytes, seed, ids }: EmitRequest, truth: Sums): Emitted {
  const outside = join(bed.folder, `emitted-${seed}`);
  mkdirSync(outside);
  const sizes = ['--min-size', `${minBytes}B`, '--max-size', `${maxBytes}B`];
  const args = ['emit', '--out', outside, '--files', String(files), ...sizes, '--seed', String(seed), '--ids', String(ids)];
  const { status, stdout, stderr } = spawnSync('node', [TALLYLINE, ...args, '--prefix', `run${seed}`, '--output', 'csv'], {
    encoding: 'utf8',
    timeout: EMIT_MS_MAX,
  });
  if (status !== 0) throw new Error(`emit ended with ${String(status)}: ${stderr}`);
  for (const line of stdout.trim().split('\n').slice(1)) {
    const [key = '', sum = '0'] = line.split(',');
    truth.set(key, (truth.get(key) ?? 0n) + BigInt(sum));
  }
  const names = readdirSync(outside);
  const bytes = names.reduce((sum, name) => sum + statSync(join(outside, name)).size, 0);
  for (const name of names) renameSync(join(outside, name), join(bed.incoming, name));
  rmdirSync(outside);
  return { files: names.length, bytes };
}

/**
 * Seconds from the start of a scan until the ledger has `filesIn` files, looked at every few milliseconds; returns when their workflows have
 * ended, too. Throws an Error when one ends otherwise.
 */
export async function runToLedger(bed: TestBed, filesIn: number): Promise<number> {
  const database = new Database(join(bed.folder, 'tallyline.db'), { readonly: true });
  const entries = database.prepare(`SELECT count(*) AS entries FROM ledger WHERE pipeline = ? AND kind = 'counted'`);
  try {
    const startedAt = performance.now();
    await bed.startScan();
    while ((entries.get(PIPELINE) as { readonly entries: number }).entries < filesIn) {
      if (performance.now() - startedAt > RUN_MS_MAX) throw new Error(`the ledger had no ${filesIn} files after ${RUN_MS_MAX} ms`);
      await setTimeout(LOOK_MS);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await untilEnded(bed);
    return seconds;
  } finally {
    database.close();
  }
}

/** Seconds until `filesIn` files are in the totals and no file workflow runs any more. Throws an Error when one ends otherwise. */
export async function runPipeline(bed: TestBed, filesIn: number): Promise<number> {
  const startedAt = performance.now();
  await bed.startScan();
  await eventually(`${filesIn} files in the totals`, () => countIn(bed, filesIn), RUN_MS_MAX);
  await untilEnded(bed);
  return (performance.now() - startedAt) / 1000;
}

async function untilEnded(bed: TestBed): Promise<void> {
  const query = `WorkflowType = 'fileWorkflow' AND ExecutionStatus = 'Running'`;
  await eventually('the end of their workflows', async () => (await bed.client.workflow.count(query)).count === 0, RUN_MS_MAX);
}

/** Throws an Error that names the first key whose total is not the true one. */
export async function requireTrueTotals(bed: TestBed, truth: Sums): Promise<void> {
  const sums = await bed.sums();
  for (const [key, sum] of truth)
    if (sums.get(key) !== sum) throw new Error(`the total of "${key}" is ${String(sums.get(key))}, not ${sum}`);
  if (sums.size !== truth.size) throw new Error(`there are ${sums.size} totals of ${truth.size} keys`);
}

/** A look of its own at the file rows costs the pipeline nothing. */
function countIn(bed: TestBed, wanted: number): boolean {
  const database = new Database(join(bed.folder, 'tallyline.db'), { readonly: true });
  try {
    const rows = database.prepare('SELECT state, count(*) AS files FROM files WHERE pipeline = ? GROUP BY state').all(PIPELINE);
    const counts = new Map((rows as { state: string; files: number }[]).map(({ state, files }) => [state, files]));
    const aside = (counts.get('quarantined') ?? 0) + (counts.get('alias') ?? 0);
    if (aside > 0) throw new Error(`${aside} files were set aside, so the totals cannot be the true ones`);
    return counts.get('in') === wanted;
  } finally {
    database.close();
  }
}
