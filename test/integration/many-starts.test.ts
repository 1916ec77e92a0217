/** Scans, schedules, backfills and signals that come together: each file is counted once, and no workflow is left waiting. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { scanScheduleHandle, applySchedule } from '../../src/workers/schedule';
import { signalWithStart } from '../../src/workers/wake';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from '../helpers/eventually';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, SOURCE_ID, TestBed } from '../helpers/test-bed';

const FILES = 20;
const STORM_SIGNALS = 200;
let bed: TestBed;
let truth: Truth;

beforeEach(async () => {
  bed = await TestBed.create();
  truth = new Map();
  for (let index = 0; index < FILES; index += 1)
    await writeSample(bed.incoming, `day-${index % 2}-${index}.txt`, { seed: index, lines: 2_000 }, truth);
  await bed.startWorker();
});
afterEach(async () => bed.destroy());

async function expectEachCountedOnce(): Promise<void> {
  const rows = await bed.untilDone(FILES);
  expect(rows.map(({ state }) => state)).toEqual(Array(FILES).fill('in'));
  expect(await bed.sums()).toEqual(truth);
  const counted = (await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 10_000 })).filter(
    ({ kind }) => kind === 'counted',
  );
  expect(counted).toHaveLength(FILES);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  await eventually('no workflow to be left waiting', async () => (await bed.runningWorkflows()).length === 0, 30_000);
}

test('two scans fired at once, a schedule triggered by hand and a backfill of files that are being counted', async () => {
  await restartSlowly();
  await applySchedule(bed.client, { pipeline: PIPELINE, sourceId: SOURCE_ID, timing: { everyMs: 3_600_000 } });
  const [first, second] = await Promise.all([bed.startScan(), bed.startScan()]);
  await eventually('files to be counting', async () => (await bed.files(['counting'])).length > 0);
  const running = await Promise.all([first, second].map((scan) => scan.describe()));
  expect(running.map(({ status }) => status.name)).toEqual(['RUNNING', 'RUNNING']);
  await scanScheduleHandle(bed.client, { pipeline: PIPELINE, sourceId: SOURCE_ID }).trigger(ScheduleOverlapPolicy.ALLOW_ALL);
  await eventually('the scan that was triggered by hand', async () => (await scanIds()).length === 3);
  expect((await bed.files(['counting'])).length).toBeGreaterThan(0);
  const backfill = await bed.client.workflow.start('backfillWorkflow', {
    workflowId: `backfill:${PIPELINE}:test`,
    taskQueue: 'tallyline-workflow',
    args: [{ pipeline: PIPELINE, prefix: 'day-1-' }],
  });
  expect(await backfill.result()).toMatchObject({ matched: FILES / 2, states: { in: FILES / 2 } });
  for (const scan of [first, second]) expect(await scan.result()).toMatchObject({ complete: true, listed: FILES });
  await expectEachCountedOnce();
});

/** A worker that reads slowly in place of the usual one, and room for half of the files: scans and files are on their way for seconds. */
async function restartSlowly(): Promise<void> {
  await bed.workers[0]!.kill('SIGTERM');
  await bed.writeConfig({ window: { files: FILES / 2 } }, { readBytesPerSecond: 128 * 1024 });
  await bed.startWorker();
}

async function scanIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of bed.client.workflow.list({ query: "WorkflowType = 'scanWorkflow'" })) ids.push(workflowId);
  return ids;
}

test('a storm of signals to the aggregation while it works and while it ends', async () => {
  const scan = await bed.startScan();
  const storm = async () => {
    for (let signals = 0; signals < STORM_SIGNALS; signals += 1) await signalWithStart(bed.client, PIPELINE);
  };
  await Promise.all([storm(), storm(), scan.result()]);
  await expectEachCountedOnce();
});

const tctl = process.env['TALLYLINE_TCTL'];
const whereTctlIs = tctl === undefined && process.env['CI'] === undefined ? test.skip : test;

whereTctlIs('a backfill started by `temporal workflow start` and one by `tctl` count the chosen files', async () => {
  const temporal = await findOrInstallTemporal(() => undefined);
  const address = bed.server.address;
  const start = ['workflow', 'start', '--address', address, '--type', 'backfillWorkflow', '--task-queue', 'tallyline-workflow'];
  const input = (prefix: string) => JSON.stringify({ pipeline: PIPELINE, prefix });
  run(temporal, [...start, '--workflow-id', 'by-temporal', '--input', input('day-0-')]);
  expect(await bed.client.workflow.getHandle('by-temporal').result()).toMatchObject({ matched: FILES / 2, states: { in: FILES / 2 } });
  run(tctl!, [
    '--address',
    address,
    '--namespace',
    'default',
    'workflow',
    'start',
    '--taskqueue',
    'tallyline-workflow',
    '--workflow_type',
    'backfillWorkflow',
    '--workflow_id',
    'by-tctl',
    '--input',
    input('day-1-'),
  ]);
  expect(await bed.client.workflow.getHandle('by-tctl').result()).toMatchObject({ matched: FILES / 2, states: { in: FILES / 2 } });
  const cli = run(process.execPath, [
    resolve(__dirname, '../../bin/tallyline'),
    'backfill',
    'run',
    '--config',
    bed.configPath,
    '--prefix',
    'day-',
  ]);
  expect(JSON.parse(cli)).toMatchObject({ matched: FILES, started: 0, states: { in: FILES } });
  await expectEachCountedOnce();
});

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout;
}
