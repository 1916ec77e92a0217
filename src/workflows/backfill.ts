/** Counts chosen files on request, by the same rows, policies and versions as a scan: what is in the totals already stays counted once. */
import { ApplicationFailure, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { ListBackfillResult } from '../contracts/activity-types';
import { parseBackfillChoice, type BackfillChoice } from '../contracts/backfill-choice';
import type { BackfillInput, BackfillProgress, BackfillResult } from '../contracts/workflow-types';
import { TallylineFailure } from '../core/failures';
import { BACKFILL_KEYS_PER_PAGE, SCAN_EVENTS_MAX } from '../core/limits';
import { backfillStepsOf, type BackfillSteps } from './backfill-steps';
import { fileSettingsOf } from './scan-steps';
import { startFiles } from './start-file';

export async function backfillWorkflow(input: BackfillInput): Promise<BackfillResult> {
  const choice = chosen(input);
  const steps = backfillStepsOf(input);
  let progress: BackfillProgress = input.progress ?? { cursor: null, problem: null, matched: 0, started: 0, states: {} };
  for (let hasMore = true; hasMore;) {
    const page = await nextPage(steps, choice, progress.cursor);
    const started = await startFiles(input.pipeline, page.files, fileSettingsOf(page.settings, input.sourceId));
    const ended = page.files.length === 0 ? {} : await watchUntilDone({ ...input, progress }, page);
    progress = {
      cursor: page.cursor,
      problem: progress.problem ?? page.problem,
      matched: progress.matched + page.matched,
      started: progress.started + started,
      states: addCounts(addCounts(progress.states, page.states), ended),
    };
    setCurrentDetails(`${progress.matched} files chosen, ${progress.started} started, ended as ${JSON.stringify(progress.states)}`);
    hasMore = page.hasMore;
    if (hasMore) await continueIfFull({ ...input, progress });
  }
  return result(progress);
}

/** A wrong input fails the workflow for good; any other error here would fail its task, which is tried for ever. */
function chosen(input: BackfillInput): BackfillChoice {
  try {
    return parseBackfillChoice(input);
  } catch (error) {
    if (error instanceof TallylineFailure) throw ApplicationFailure.nonRetryable(error.message, error.code);
    throw error;
  }
}

async function nextPage({ listBackfill }: BackfillSteps, choice: BackfillChoice, cursor: string | null): Promise<ListBackfillResult> {
  if (choice.kind !== 'keys') return await listBackfill({ choice, cursor });
  const done = Number(cursor ?? 0);
  const keys = choice.keys.slice(done, done + BACKFILL_KEYS_PER_PAGE);
  const page = await listBackfill({ choice: { kind: 'keys', keys }, cursor: null });
  const doneAfter = done + Number(page.cursor ?? 0);
  return { ...page, cursor: String(doneAfter), hasMore: doneAfter < choice.keys.length };
}

/**
 * Each activity watches for a bounded time; then what is not done is started again, since its workflow may have been terminated.
 * Continuing as new in between lists the same page again, which is harmless.
 */
async function watchUntilDone(input: BackfillInput, { files, settings }: ListBackfillResult): Promise<Readonly<Record<string, number>>> {
  const fileIds = files.map((file) => file.fileId);
  for (;;) {
    const { states, pendingFileIds } = await backfillStepsOf(input).watchFiles(fileIds);
    if (pendingFileIds.length === 0) return states;
    await continueIfFull(input);
    const pending = files.filter(({ fileId }) => pendingFileIds.includes(fileId));
    await startFiles(input.pipeline, pending, fileSettingsOf(settings, input.sourceId));
  }
}

function result({ problem, matched, started, states }: BackfillProgress): BackfillResult {
  return { complete: problem === null, ...(problem === null ? {} : { problem }), matched, started, states };
}

async function continueIfFull(input: BackfillInput): Promise<void> {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  if (historyLength >= SCAN_EVENTS_MAX || continueAsNewSuggested) await continueAsNew<typeof backfillWorkflow>(input);
}

function addCounts(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...left };
  for (const [state, count] of Object.entries(right)) sum[state] = (sum[state] ?? 0) + count;
  return sum;
}
