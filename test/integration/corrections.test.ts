/** Corrections as an operator makes them: by the command line, against a running worker. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { applyVerifySchedule } from '../../src/workers/schedule';
import { PIPELINE, TestBed, type WorkerChild } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const BY = ['--by', 'alice', '--reason', 'a test'] as const;

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

let bed: TestBed;
let worker: WorkerChild;

beforeAll(async () => {
  bed = await TestBed.create({ pipeline: { period: { from: 'sourceKey', unit: 'month', pattern: String.raw`^(\d{4})-(\d{2})` } } });
  worker = await bed.startWorker();
});
afterAll(async () => {
  await worker.kill('SIGTERM');
  await bed.destroy();
});

async function run(...args: readonly string[]): Promise<Ended> {
  return await new Promise((done) => {
    execFile(process.execPath, [BIN, ...args, '--config', bed.configPath], { timeout: 90_000 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

async function put(name: string, content: string): Promise<void> {
  await writeFile(join(bed.incoming, name), content);
}

async function totals(...args: readonly string[]): Promise<string[]> {
  const { stdout, status } = await run('totals', '--output', 'csv', ...args);
  expect(status).toBe(0);
  return stdout.trim().split('\n').slice(1);
}

test('retract, recount, release, supersede, close, explain: each is shown first, numbered, and can be told again', async () => {
  await put('2026-01-a.txt', 'k 10\nl 1\n');
  await put('2026-01-b.txt', 'k 5\nbroken\n');
  await bed.scan();
  await bed.untilDone(2);
  expect(await totals()).toEqual(['2026-01,k,10,1', '2026-01,l,1,1']);

  const shown = await run('retract', '2026-01-a.txt', ...BY, '--dry-run', '--output', 'csv');
  expect(shown.stdout).toBe(
    'period,adjusts,key,sum,sum after,difference,count,count after\n2026-01,,k,10,0,-10,1,0\n2026-01,,l,1,0,-1,1,0\n',
  );
  expect(await totals()).toHaveLength(2);
  expect((await run('retract', '2026-01-a.txt', ...BY, '--file-version', '9')).status).toBe(1);
  expect((await run('retract', '2026-01-a.txt', ...BY)).status).toBe(0);
  expect((await run('retract', '2026-01-a.txt', ...BY)).stderr).toContain('out of the totals already');
  expect(await totals()).toEqual([]);

  const recounted = await run('recount', '2026-01-a.txt', ...BY, '--output', 'json');
  expect(recounted.status).toBe(0);
  expect((JSON.parse(recounted.stdout) as { difference: unknown }).difference).toEqual([
    { period: '2026-01', adjusts: '', key: ['k'], before: { sum: '0', count: '0' }, after: { sum: '10', count: '1' } },
    { period: '2026-01', adjusts: '', key: ['l'], before: { sum: '0', count: '0' }, after: { sum: '1', count: '1' } },
  ]);
  expect((await run('recount', '2026-01-b.txt', ...BY)).status).toBe(2);

  const refused = await run('quarantine', 'release', '2026-01-b.txt', ...BY);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('would be set aside again, as reject_budget')]);
  expect((await run('quarantine', 'release', '2026-01-b.txt', '--accept-rejects', ...BY)).status).toBe(0);
  expect(await totals()).toEqual(['2026-01,k,15,2', '2026-01,l,1,1']);

  expect((await run('period', 'close', '2026-01', ...BY)).status).toBe(0);
  expect((await run('period', 'close', '2999-01', ...BY)).status).toBe(2);
  await put('2026-01-a.txt', 'k 30\nl 1\nmore 1\n');
  await bed.scan();
  await bed.untilDone(3);
  const superseded = await run('supersede', '2026-01-a.txt', ...BY);
  expect([superseded.status, superseded.stderr]).toEqual([0, expect.stringContaining('applied')]);
  // January stays; February has what came for it later.
  expect(await totals()).toEqual(['2026-01,k,15,2', '2026-01,l,1,1', '2026-02,k,20,0', '2026-02,more,1,1']);
  expect(await totals('--adjustments', '--period', '2026-02')).toEqual(['2026-02,2026-01,k,20,0', '2026-02,2026-01,more,1,1']);

  const explained = await run('explain', 'k', '--output', 'json');
  const { steps } = JSON.parse(explained.stdout) as { steps: { kind: string; sum: string; by: string }[] };
  expect(steps.map(({ kind, sum, by }) => `${kind} ${sum} ${by}`)).toEqual([
    'counted 10 apply',
    'retracted -10 alice',
    'counted 10 alice',
    'counted 5 alice',
    'superseded -10 alice',
    'counted 30 alice',
  ]);
  expect(await totals('--as-of', '1')).toEqual(['2026-01,k,10,1', '2026-01,l,1,1']);
  expect((await run('totals', '--as-of', '999')).status).toBe(2);
  const verified = await run('verify', '--source');
  expect([verified.status, verified.stderr]).toEqual([0, expect.stringContaining('read 2 files again; 0 are not there')]);
}, 180_000);

test('a plan counts for real and touches nothing; applying does exactly that, or refuses', async () => {
  const before = await totals();
  await put('2026-03-new.txt', 'k 7\n');
  await put('2026-03-other.txt', 'm 8\n');
  const planned = await run('backfill', 'plan', '--prefix', '2026-03', '--output', 'json');
  expect(planned.status).toBe(0);
  const { plan, difference } = JSON.parse(planned.stdout) as { plan: { planId: string; items: unknown[] }; difference: unknown[] };
  expect([plan.items.length, difference.length]).toEqual([2, 2]);
  expect(await totals()).toEqual(before);
  expect((await run('status')).stdout).not.toContain('~');
  // Meanwhile a scan counts them as it would anyway.
  await bed.scan();
  await bed.untilDone(5);
  const applied = await run('backfill', 'apply', plan.planId, ...BY);
  expect([applied.status, applied.stderr]).toEqual([1, expect.stringContaining('plan_outdated')]);
  expect(await totals('--period', '2026-03')).toEqual(['2026-03,k,7,1', '2026-03,m,8,1']);
  expect((await run('backfill', 'apply', 'p-none', ...BY)).status).toBe(2);
  expect((await run('backfill', 'plans', '--output', 'csv')).stdout).toContain(plan.planId);
}, 120_000);

test('a file whose bytes are other ones under the same size and time is found by verify --source', async () => {
  const [path, kept] = [join(bed.incoming, '2026-03-other.txt'), join(bed.folder, 'kept')];
  const sh = promisify(execFile);
  await sh('cp', ['--preserve', path, kept]);
  await writeFile(path, 'm 9\n');
  await sh('touch', ['--reference', kept, path]);
  const verified = await run('verify', '--source');
  expect([verified.status, verified.stdout]).toEqual([1, expect.stringContaining('source_content')]);
  expect((await run('resume', ...BY)).status).toBe(0);
  await writeFile(path, 'm 8\n');
}, 60_000);

test('the sink is verified on a schedule, and a mismatch stops the pipeline', async () => {
  await applyVerifySchedule(bed.client, { pipeline: PIPELINE, everyMs: 3_600_000 });
  const start = { taskQueue: 'tallyline-workflow', args: [{ pipeline: PIPELINE }] };
  const clean = await bed.client.workflow.start('verifyWorkflow', { workflowId: 'verify-clean', ...start });
  expect(await clean.result()).toEqual({ mismatches: 0, first: null });
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(bed.folder, 'tallyline.db'));
  database.prepare("UPDATE totals_rows SET sum = sum + 1 WHERE period = '2026-03'").run();
  database.close();
  const damaged = await bed.client.workflow.start('verifyWorkflow', { workflowId: 'verify-damaged', ...start });
  await expect(damaged.result()).rejects.toThrow();
  expect((await bed.sink.readPipeline(PIPELINE))?.stopReason).toContain('totals_sum');
  const metrics = await (await fetch(worker.metricsAddress)).text();
  expect(metrics).toMatch(new RegExp(`tallyline_verify_mismatches\\{pipeline="${PIPELINE}"\\} 2`));
}, 60_000);
