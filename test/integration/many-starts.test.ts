/** Scans, schedules, backfills and signals that come together: each file is counted once, and no workflow is left waiting. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { scanScheduleHandle, applySchedule } from '../../src/workers/schedule';
import { signalWithStart } from '../../src/workers/wake';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from '../helpers/eventually';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, SOURCE_ID, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
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

describe('a backfill counts the chosen files, and only those', () => {
  const input = JSON.stringify({ pipeline: PIPELINE, prefix: 'day-0-' });
  const tctl = process.env['TALLYLINE_TCTL'];
  const whereTctlIs = tctl === undefined && process.env['CI'] === undefined ? test.skip : test;

  async function expectHalfCounted(): Promise<void> {
    const rows = await bed.untilDone(FILES / 2);
    expect(rows.map(({ sourceKey, state }) => [sourceKey.slice(0, 6), state])).toEqual(Array(FILES / 2).fill(['day-0-', 'in']));
    expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  }

  test('started by `temporal workflow start`', async () => {
    const temporal = await findOrInstallTemporal(() => undefined);
    const where = ['--address', bed.server.address, '--workflow-id', 'by-temporal'];
    await run(temporal, [
      'workflow',
      'start',
      ...where,
      '--type',
      'backfillWorkflow',
      '--task-queue',
      'tallyline-workflow',
      '--input',
      input,
    ]);
    const result = await bed.client.workflow.getHandle('by-temporal').result();
    expect(result).toMatchObject({ complete: true, matched: FILES / 2, states: { in: FILES / 2 } });
    await expectHalfCounted();
  });

  whereTctlIs('started by `tctl`', async () => {
    const where = ['--address', bed.server.address, '--namespace', 'default'];
    const what = ['--taskqueue', 'tallyline-workflow', '--workflow_type', 'backfillWorkflow', '--workflow_id', 'by-tctl'];
    await run(tctl!, [...where, 'workflow', 'start', ...what, '--input', input]);
    const result = await bed.client.workflow.getHandle('by-tctl').result();
    expect(result).toMatchObject({ complete: true, matched: FILES / 2, states: { in: FILES / 2 } });
    await expectHalfCounted();
  });

  test('started by the command line, which also takes keys; what is in already is not counted again', async () => {
    const cli = async (...args: string[]) =>
      JSON.parse(await run(process.execPath, [BIN, 'backfill', 'run', '--config', bed.configPath, ...args])) as unknown;
    expect(await cli('--prefix', 'day-0-')).toMatchObject({ matched: FILES / 2, started: FILES / 2, states: { in: FILES / 2 } });
    await expectHalfCounted();
    expect(await cli('--keys', 'day-0-0.txt', 'day-0-99.txt')).toMatchObject({ matched: 2, started: 0, states: { in: 1, absent: 1 } });
    await expectHalfCounted();
  });
});

/** Without blocking: the worker's log lines go on being read meanwhile. */
async function run(command: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(command, args, { encoding: 'utf8', timeout: 60_000 })).stdout;
}
