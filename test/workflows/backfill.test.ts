import { ApplicationFailure } from '@temporalio/common';
import type { StartableFile } from '../../src/contracts/activity-types';
import { eventually } from '../helpers/eventually';
import { untilCancelled, WorkflowBed } from '../helpers/workflow-bed';

const SETTINGS = { windowFiles: 10, file: { wholeFileBytesMax: 10, windowSplits: 2, heartbeatTimeoutMs: 2_000 } };
const FILE: StartableFile = { fileId: 'c'.repeat(32), version: 1, file: 'f', sourceKey: 'f', sizeBytes: 5 };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

function start(workflowId: string) {
  return bed.client.workflow.start('backfillWorkflow', {
    workflowId,
    taskQueue: 'tallyline-workflow',
    args: [{ pipeline: 'usage', prefix: '' }],
  });
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
