import { ApplicationFailure } from '@temporalio/common';
import type { ListBackfillInput, StartableFile } from '../../src/contracts/activity-types';
import { eventually } from '../helpers/eventually';
import { fetchHistory } from '../helpers/history';
import { untilCancelled, WorkflowBed } from '../helpers/workflow-bed';

const SETTINGS = { windowFiles: 10, file: { wholeFileBytesMax: 10, windowSplits: 2, heartbeatTimeoutMs: 2_000 } };
const FILE: StartableFile = { fileId: 'c'.repeat(32), version: 1, file: 'f', sourceKey: 'f', sizeBytes: 5 };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

function start(workflowId: string, input: unknown = { pipeline: 'usage', prefix: '' }) {
  return bed.client.workflow.start('backfillWorkflow', { workflowId, taskQueue: 'tallyline-workflow', args: [input] });
}

const onePage = async () => ({ cursor: null, hasMore: false, problem: null, matched: 1, files: [FILE], states: {}, settings: SETTINGS });

test('a file workflow that is terminated meanwhile is started again', async () => {
  let attempts = 0;
  let isDone = false;
  const countFile = async () => {
    attempts += 1;
    if (attempts === 1) return await untilCancelled();
    isDone = true;
    return { state: 'in' as const, file: 'f', bytes: 5, lines: 1, records: 1, blanks: 0, rejected: 0, splits: 1, contentDigest: '' };
  };
  let watches = 0;
  const watchFiles = async () => {
    watches += 1;
    if (watches === 1) {
      await eventually('the first attempt', () => attempts === 1);
      await bed.client.workflow.getHandle(`file:usage:${FILE.fileId}:1`).terminate('by a test');
      return { states: { counting: 1 }, pendingFileIds: [FILE.fileId] };
    }
    await eventually('the second attempt', () => isDone);
    return { states: { in: 1 }, pendingFileIds: [] };
  };
  await bed.with({ scan: { listBackfill: onePage, watchFiles }, count: { countFile } }, async () => {
    const handle = await start('backfill-terminated');
    expect(await handle.result()).toEqual({ complete: true, matched: 1, started: 1, states: { in: 1 } });
  });
  expect(attempts).toBe(2);
}, 60_000);

test('listings that fail for a while do not end it', async () => {
  let listings = 0;
  const listBackfill = async () => {
    listings += 1;
    if (listings <= 4) throw ApplicationFailure.retryable('the mount is away', 'source_unavailable');
    return { ...(await onePage()), files: [], states: { in: 1 } };
  };
  await bed.with({ scan: { listBackfill } }, async () => {
    expect(await (await start('backfill-outage')).result()).toEqual({ complete: true, matched: 1, started: 0, states: { in: 1 } });
  });
}, 60_000);

test('a page without room is asked for again from where it stood, and what could not be looked at is told at the end', async () => {
  const cursors: (string | null)[] = [];
  const listBackfill = async ({ cursor }: { cursor: string | null }) => {
    cursors.push(cursor);
    const page = { ...(await onePage()), files: [], states: {}, matched: 0, hasMore: true };
    if (cursors.length === 1) return { ...page, cursor: 'a.txt', problem: 'the directory "b" is not readable' };
    return cursors.length < 4 ? { ...page, cursor } : { ...page, cursor: null, hasMore: false };
  };
  await bed.with({ scan: { listBackfill } }, async () => {
    const result = await (await start('backfill-window')).result();
    expect(result).toMatchObject({ complete: false, problem: 'the directory "b" is not readable', matched: 0 });
  });
  expect(cursors).toEqual([null, 'a.txt', 'a.txt', 'a.txt']);
}, 60_000);

test('a wrong input fails the workflow at once, under its code', async () => {
  await bed.with({}, async () => {
    const failed = (await start('backfill-wrong', { pipeline: 'usage', keys: 'a.txt' })).result();
    await expect(failed).rejects.toMatchObject({ cause: { type: 'config_invalid' } });
  });
}, 60_000);

test('of many keys each page gets a few, so that the history stays small', async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `${'d/'.repeat(400)}${index}`);
  const given: number[] = [];
  const listBackfill = async ({ choice }: ListBackfillInput) => {
    if (choice.kind !== 'keys') throw new Error('keys were chosen');
    given.push(choice.keys.length);
    // The window has room for fifteen.
    const taken = Math.min(choice.keys.length, 15);
    return { ...(await onePage()), files: [], states: { in: taken }, matched: taken, cursor: String(taken), hasMore: false };
  };
  const handle = await bed.with({ scan: { listBackfill } }, async () => {
    const started = await start('backfill-keys', { pipeline: 'usage', keys });
    expect(await started.result()).toMatchObject({ matched: 50, states: { in: 50 } });
    return started;
  });
  expect(given).toEqual([20, 20, 20, 5]);
  const bytes = JSON.stringify(await fetchHistory(bed.client, handle.workflowId)).length;
  expect(bytes).toBeLessThan(2_000_000);
}, 60_000);
