import type { NextFilesInput, NextFilesResult, ScanActivities, StartPhase } from '../../src/contracts/activity-types';
import { SCAN_EVENTS_MAX } from '../../src/core/limits';
import { eventually } from '../helpers/eventually';
import { eventCount, fetchHistory, fetchRuns, payloadsOverBudget } from '../helpers/history';
import { WorkflowBed } from '../helpers/workflow-bed';

/** Enough for three runs whatever the timing: each child is at least three events, and a run ends soon after 2,000. */
const CHILDREN = 1_150;
const BATCH = 25;
const LONG_KEY = 'd/'.repeat(500) + 'file.txt';
const SETTINGS = { windowFiles: 50, file: { wholeFileBytesMax: 1_000_000, windowSplits: 4, heartbeatTimeoutMs: 5_000 } };
const NO_FILES: NextFilesResult = { files: [], lastSequence: 0, hasMore: false };
const EMPTY_PAGE = { cursor: null, problem: null, listed: 0, registered: 0, unsettled: 0, quarantined: 0, listRequests: 0 };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await WorkflowBed.create();
});
afterAll(async () => bed.destroy());

function scanActivities(more: Partial<ScanActivities>): Partial<ScanActivities> {
  return {
    readScanSettings: async () => ({ ...SETTINGS, stopReason: null, nowMs: 0 }),
    listSource: async () => EMPTY_PAGE,
    nextFiles: async ({ afterSequence }) => ({ ...NO_FILES, lastSequence: afterSequence }),
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
  const nextFiles = async ({ phase, afterSequence }: NextFilesInput): Promise<NextFilesResult> => {
    if (phase === 'counting') return NO_FILES;
    // As a full window does: a batch starts when the one before the last is done.
    await eventually('room for a batch', () => counted >= afterSequence - BATCH);
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
  const eventCounts = new Set<number>();
  for (let index = 0; index < CHILDREN; index += 50) {
    const child = await fetchHistory(bed.client, `file:usage:${index.toString(16).padStart(32, '0')}:1`);
    expect(payloadsOverBudget(child)).toEqual([]);
    eventCounts.add(eventCount(child));
  }
  process.stderr.write(`events of a file: ${[...eventCounts].join(', ')}\n`);
  expect(Math.max(...eventCounts)).toBeLessThanOrEqual(12);
}, 240_000);

test('a child that runs already is left alone', async () => {
  const only: NextFilesResult = {
    files: [{ fileId: 'a'.repeat(32), version: 1, file: 'f', sourceKey: 'f', sizeBytes: 0 }],
    lastSequence: 1,
    hasMore: false,
  };
  const nextFiles = async ({ phase, afterSequence }: NextFilesInput) =>
    phase === 'seen' && afterSequence === 0 ? only : { ...NO_FILES, lastSequence: afterSequence };
  await bed.with({ scan: scanActivities({ nextFiles }) }, async () => {
    expect(await (await runScan('scan:first')).result()).toMatchObject({ started: 1 });
    expect(await (await runScan('scan:second')).result()).toMatchObject({ started: 0, complete: true });
  });
  await bed.client.workflow.getHandle(`file:usage:${'a'.repeat(32)}:1`).terminate();
});

test('what is counting is started first, and again while the window stays full; then what waits, until nothing does', async () => {
  const asked: [StartPhase, number][] = [];
  const nextFiles = async ({ phase, afterSequence }: NextFilesInput): Promise<NextFilesResult> => {
    asked.push([phase, afterSequence]);
    // The first time that it asks for files that wait there is no room.
    const isFull = asked.length === 2;
    return { files: [], lastSequence: isFull ? 7 : afterSequence, hasMore: isFull };
  };
  await bed.with({ scan: scanActivities({ nextFiles }) }, async () => {
    expect(await (await runScan('scan:full')).result()).toMatchObject({ complete: true });
  });
  const before = [
    ['counting', 0],
    ['seen', 0],
  ];
  // Then the listing, and what it registered.
  expect(asked).toEqual([...before, ...before, ['seen', 0]]);
});

test('where nothing waits the source is listed at once, and only what was registered is asked for', async () => {
  const asked: StartPhase[] = [];
  const activities = scanActivities({
    readScanSettings: async () => ({ ...SETTINGS, stopReason: null, nowMs: 0, hasWaiting: false }),
    nextFiles: async ({ phase, afterSequence }) => {
      asked.push(phase);
      return { ...NO_FILES, lastSequence: afterSequence };
    },
  });
  await bed.with({ scan: activities }, async () => {
    expect(await (await runScan('scan:idle')).result()).toMatchObject({ complete: true });
  });
  expect(asked).toEqual(['seen']);
});

test('what could not be looked at makes the scan incomplete, after everything else was taken up', async () => {
  const given: (string | null)[] = [];
  const reported: string[] = [];
  const activities = scanActivities({
    listSource: async ({ problem }) => {
      given.push(problem);
      const isFirst = given.length === 1;
      return { ...EMPTY_PAGE, listed: 5, cursor: isFirst ? 'm' : null, problem: problem ?? 'the directory "lost+found" is not readable' };
    },
    reportIncompleteScan: async ({ problem }) => void reported.push(problem),
  });
  await bed.with({ scan: activities }, async () => {
    const result = await (await runScan('scan:walked-around')).result();
    expect(result).toMatchObject({ complete: false, listed: 10, problem: 'the directory "lost+found" is not readable' });
  });
  expect(given).toEqual([null, 'the directory "lost+found" is not readable']);
  expect(reported).toHaveLength(1);
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
