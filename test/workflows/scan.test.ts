import type { NextFilesResult, ScanActivities } from '../../src/contracts/activity-types';
import { SCAN_EVENTS_MAX } from '../../src/core/limits';
import { eventually } from '../helpers/eventually';
import { eventCount, fetchHistory, fetchRuns, payloadsOverBudget } from '../helpers/history';
import { WorkflowBed } from '../helpers/workflow-bed';

/** Enough for three runs whatever the timing: each child is at least three events, and a run ends soon after 2,000. */
const CHILDREN = 1_250;
const BATCH = 25;
const LONG_KEY = 'd/'.repeat(500) + 'file.txt';
const SETTINGS = { windowFiles: 50, file: { wholeFileBytesMax: 1_000_000, windowSplits: 4, heartbeatTimeoutMs: 5_000 } };
const EMPTY_PAGE = { cursor: null, problem: null, listed: 0, registered: 0, unsettled: 0, quarantined: 0 };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

function scanActivities(more: Partial<ScanActivities>): Partial<ScanActivities> {
  return {
    readScanSettings: async () => ({ ...SETTINGS, stopReason: null, nowMs: 0 }),
    listSource: async () => EMPTY_PAGE,
    nextFiles: async ({ afterSequence }) => ({ files: [], lastSequence: afterSequence, hasMore: false }),
    reportIncompleteScan: async () => undefined,
    ...more,
  };
}

function fileResult(file: string) {
  return { state: 'in' as const, file, bytes: 1, lines: 1, records: 1, blanks: 0, rejected: 0, splits: 1, contentDigest: '' };
}

async function runScan(workflowId: string) {
  return await bed.client.workflow.start('scanWorkflow', {
    workflowId,
    taskQueue: 'tallyline-workflow',
    args: [{ pipeline: 'usage', sourceId: 'incoming' }],
  });
}

test('more than a thousand children are started through at least two continue-as-new, each run within its bounds', async () => {
  let counted = 0;
  const nextFiles = async ({ afterSequence }: { afterSequence: number }): Promise<NextFilesResult> => {
    // As a full window does: the next batch starts when the one before is done.
    await eventually('the batch before to end', () => counted >= afterSequence);
    const count = Math.min(BATCH, CHILDREN - afterSequence);
    const files = Array.from({ length: count }, (_, index) => {
      const fileId = (afterSequence + index).toString(16).padStart(32, '0');
      return { fileId, version: 1, file: LONG_KEY.slice(0, 200), sourceKey: index % 10 === 0 ? LONG_KEY : 'f', sizeBytes: 0 };
    });
    return { files, lastSequence: afterSequence + count, hasMore: afterSequence + count < CHILDREN };
  };
  const countFile = async () => {
    counted += 1;
    return fileResult('f');
  };
  const handle = await bed.with({ scan: scanActivities({ nextFiles }), count: { countFile } }, async () => {
    const started = await runScan('scan:thousand');
    expect(await started.result()).toMatchObject({ complete: true, started: CHILDREN });
    await eventually('every child to end', () => counted === CHILDREN, 120_000);
    return started;
  });
  const runs = await fetchRuns(bed.client, handle.workflowId, handle.firstExecutionRunId);
  process.stderr.write(`events of each run: ${runs.map(eventCount).join(', ')}\n`);
  expect(runs.length).toBeGreaterThanOrEqual(3);
  for (const run of runs) {
    expect(payloadsOverBudget(run)).toEqual([]);
    // The bound is judged between batches, so that a run may exceed it by one batch of starts and what ends meanwhile.
    expect(eventCount(run)).toBeLessThan(SCAN_EVENTS_MAX + 20 * BATCH);
  }
  const child = await fetchHistory(bed.client, `file:usage:${'0'.repeat(32)}:1`);
  process.stderr.write(`events of a file: ${eventCount(child)}\n`);
  expect(eventCount(child)).toBeLessThanOrEqual(12);
}, 240_000);

test('a child that runs already is left alone', async () => {
  const only: NextFilesResult = {
    files: [{ fileId: 'a'.repeat(32), version: 1, file: 'f', sourceKey: 'f', sizeBytes: 0 }],
    lastSequence: 1,
    hasMore: false,
  };
  const nextFiles = async ({ afterSequence }: { afterSequence: number }) =>
    afterSequence === 0 ? only : { files: [], lastSequence: afterSequence, hasMore: false };
  await bed.with({ scan: scanActivities({ nextFiles }) }, async () => {
    expect(await (await runScan('scan:first')).result()).toMatchObject({ started: 1 });
    expect(await (await runScan('scan:second')).result()).toMatchObject({ started: 0, complete: true });
  });
  await bed.client.workflow.getHandle(`file:usage:${'a'.repeat(32)}:1`).terminate();
});

test('a window that stays full makes the scan begin again with the oldest files', async () => {
  const asked: number[] = [];
  const nextFiles = async ({ afterSequence }: { afterSequence: number }): Promise<NextFilesResult> => {
    asked.push(afterSequence);
    if (asked.length === 1) return { files: [], lastSequence: 7, hasMore: true };
    return { files: [], lastSequence: afterSequence, hasMore: false };
  };
  await bed.with({ scan: scanActivities({ nextFiles }) }, async () => {
    await (await runScan('scan:full')).result();
  });
  expect(asked.slice(0, 2)).toEqual([0, 0]);
});

test('a page that fails ends the scan as incomplete and reports it', async () => {
  const reported: string[] = [];
  const activities = scanActivities({
    listSource: async () => {
      throw new Error('the disk is on fire');
    },
    reportIncompleteScan: async ({ problem }) => void reported.push(problem),
  });
  await bed.with({ scan: activities }, async () => {
    expect(await (await runScan('scan:broken')).result()).toMatchObject({ complete: false, problem: 'the disk is on fire' });
  });
  expect(reported).toEqual(['the disk is on fire']);
});
