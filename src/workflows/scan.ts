/**
 * One pass over a source: start the rows that wait, list the source page by page, start what is new.
 * It holds no memory of what is done: the sink's file rows do, so that overlapping or repeated scans are harmless.
 */
import { ActivityFailure, continueAsNew, setCurrentDetails, setHandler, defineQuery, workflowInfo } from '@temporalio/workflow';
import type { ListSourceResult, ScanSettings } from '../contracts/activity-types';
import { PROGRESS_QUERY_NAME } from '../contracts/messages';
import { scheduledStartAttribute } from '../contracts/search-attributes';
import type { ScanInput, ScanProgress, ScanResult } from '../contracts/workflow-types';
import { SCAN_EVENTS_MAX } from '../core/limits';
import { fileSettingsOf, scanStepsOf } from './scan-steps';
import { startFiles } from './start-file';

const progressQuery = defineQuery<ScanProgress>(PROGRESS_QUERY_NAME);

export async function scanWorkflow(input: ScanInput): Promise<ScanResult> {
  let progress = input.progress ?? FIRST_PROGRESS;
  setHandler(progressQuery, () => progress);
  const steps = scanStepsOf(input);
  const start = await steps.readScanSettings({ pipeline: input.pipeline, ...(input.progress === undefined && startDelay()) });
  if (input.progress === undefined) progress = { ...progress, startedAtMs: start.nowMs };
  if (start.stopReason !== null) return await endIncomplete(input, progress, `the pipeline is stopped: ${start.stopReason}`);
  // Most scans find nothing that waits: two activities less.
  let isWaiting = input.progress !== undefined || start.hasWaiting !== false;
  if (!isWaiting) progress = { ...progress, phase: 'seen' };
  for (;;) {
    // What waits is started before more is listed, so that a source with more files than the window cannot run ahead of the counting.
    if (isWaiting) progress = await startWaiting(input, progress, start);
    isWaiting = true;
    if (progress.listing === 'done') {
      return progress.problem === null ? result(progress, true) : await endIncomplete(input, progress, progress.problem);
    }
    try {
      progress = afterPage(progress, await steps.listSource(progress, start));
    } catch (error) {
      return await endIncomplete(input, progress, describe(error));
    }
    describeProgress(input, progress);
  }
}

/** A schedule says when the run was due. */
function startDelay(): { startDelayMs?: number } {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const dueAt = typedSearchAttributes.get(scheduledStartAttribute);
  return dueAt === undefined ? {} : { startDelayMs: startTime.getTime() - dueAt.getTime() };
}

async function endIncomplete(input: ScanInput, progress: ScanProgress, problem: string): Promise<ScanResult> {
  await scanStepsOf(input).reportIncompleteScan({ pipeline: input.pipeline, problem });
  return { ...result(progress, false), problem };
}

/**
 * First the files that are being counted, whose workflows may have been lost; a running one refuses a second start. Then those that wait,
 * as the window has room. While it stays full, both begin again: what fills it may be files without a workflow.
 */
async function startWaiting(input: ScanInput, before: ScanProgress, settings: ScanSettings): Promise<ScanProgress> {
  const { nextFiles } = scanStepsOf(input);
  const fileSettings = fileSettingsOf(settings, input.isAgent && input.sourceId);
  let progress = before;
  for (;;) {
    if (isHistoryFull()) await continueAsNew<typeof scanWorkflow>({ ...pick(input), progress: { ...progress, runs: progress.runs + 1 } });
    const { phase, afterSequence } = progress;
    const next = await nextFiles({ pipeline: input.pipeline, phase, afterSequence, windowFiles: settings.windowFiles });
    const started = await startFiles(input.pipeline, next.files, fileSettings);
    progress = { ...progress, afterSequence: next.lastSequence, started: progress.started + started };
    if (phase === 'counting' && !next.hasMore) progress = { ...progress, phase: 'seen', afterSequence: 0 };
    if (phase === 'seen' && !next.hasMore) return progress;
    if (phase === 'seen' && next.files.length === 0) progress = { ...progress, phase: 'counting', afterSequence: 0 };
  }
}

function isHistoryFull(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return historyLength >= SCAN_EVENTS_MAX || continueAsNewSuggested;
}

const FIRST_PROGRESS: ScanProgress = {
  listing: 'not started',
  cursor: null,
  problem: null,
  startedAtMs: 0,
  phase: 'counting',
  afterSequence: 0,
  listed: 0,
  registered: 0,
  unsettled: 0,
  quarantined: 0,
  started: 0,
  runs: 1,
};

function afterPage(progress: ScanProgress, page: ListSourceResult): ScanProgress {
  return {
    ...progress,
    listing: page.cursor === null ? 'done' : 'under way',
    cursor: page.cursor,
    problem: page.problem,
    listed: progress.listed + page.listed,
    registered: progress.registered + page.registered,
    unsettled: progress.unsettled + page.unsettled,
    quarantined: progress.quarantined + page.quarantined,
    // Results in older histories have none.
    listRequests: (progress.listRequests ?? 0) + ((page.listRequests as number | undefined) ?? 0),
  };
}

function result(progress: ScanProgress, complete: boolean): ScanResult {
  const { listed, registered, unsettled, quarantined, started, runs, listRequests = 0 } = progress;
  return { complete, listed, registered, unsettled, quarantined, started, runs, listRequests };
}

function describeProgress(input: ScanInput, progress: ScanProgress): void {
  const { listed, registered, unsettled, quarantined, started } = progress;
  setCurrentDetails(
    `Scan of ${input.sourceId}: ${listed} files listed, ${registered} new, ${unsettled} not settled yet, ${quarantined} set aside, ${started} started`,
  );
}

function pick({ pipeline, sourceId, isAgent }: ScanInput): Omit<ScanInput, 'progress'> {
  return { pipeline, sourceId, ...(isAgent && { isAgent }) };
}

function describe(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
