/**
 * One version of one file: its splits are counted in a window, handed over, and the workflow ends when the totals hold the file.
 * Completed means: in the totals, or an alias of a file that is. Everything else closes as Failed with a code.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  isCancellation,
  proxyActivities,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { CountActivities } from '../contracts/activity-types';
import { rejectsAttribute, stateAttribute } from '../contracts/search-attributes';
import type { FileInput, FileResult } from '../contracts/workflow-types';
import { handOverOptions } from './activity-options';
import { agentCounts } from './agent-counter';
import { addressOf, workersCount, type SplitCounter } from './split-counters';
import { forEachInWindow } from './window';

export async function fileWorkflow(input: FileInput): Promise<FileResult> {
  try {
    const result = await countAndHandOver(input);
    upsertSearchAttributes([
      { key: stateAttribute, value: result.state },
      { key: rejectsAttribute, value: result.rejected },
    ]);
    return result;
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    upsertSearchAttributes([{ key: stateAttribute, value: failureCode(error) }]);
    throw error;
  }
}

async function countAndHandOver(input: FileInput): Promise<FileResult> {
  try {
    const { wholeFileBytesMax, agent } = input.settings;
    const isCountedWhole = agent === undefined && input.sizeBytes <= wholeFileBytesMax;
    return isCountedWhole ? await countWholeFile(input) : await countInSplits(input);
  } catch (error) {
    if (!isCancellation(error) && !isGivenUpForCancel(error)) throw error;
    return await CancellationScope.nonCancellable(() => cancel(input));
  }
}

/** Once a cancel is requested the server retries nothing, so a lost worker or an outage closes the activity with its last failure. */
function isGivenUpForCancel(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !CancellationScope.current().consideredCancelled) return false;
  const isFinal = error.cause instanceof ApplicationFailure && error.cause.nonRetryable;
  return !isFinal;
}

async function countWholeFile(input: FileInput): Promise<FileResult> {
  const { heartbeatTimeoutMs, wholeFilePlainBytesMax = 0 } = input.settings;
  const { countFile } = proxyActivities<CountActivities>(
    handOverOptions(Math.max(input.sizeBytes, wholeFilePlainBytesMax), heartbeatTimeoutMs),
  );
  return await countFile(addressOf(input));
}

async function countInSplits(input: FileInput): Promise<FileResult> {
  const counter = splitCounterOf(input);
  // Bounded by the state machine: a file whose partials are missing for the third time is quarantined, and a plan is replaced once.
  for (let lostTimes = 0; ;) {
    const admission = await counter.admit();
    const stored = new Set(admission.storedSplits);
    const missing = Array.from({ length: admission.splitCount }, (_, index) => index).filter((index) => !stored.has(index));
    // Splits that found that their plan was replaced, or replaced it: no other is begun then.
    const replaced: number[] = [];
    await forEachInWindow(missing, input.settings.windowSplits, async (splitIndex) => {
      if (replaced.length > 0) return;
      const { planReplaced } = await counter.count(admission, splitIndex);
      if (planReplaced) replaced.push(splitIndex);
    });
    if (replaced.length > 0) continue;
    const handedOver = await counter.lastSteps.handOver(addressOf(input));
    if (handedOver.kind === 'applied') return handedOver.result;
    await counter.lost((lostTimes += 1));
  }
}

function splitCounterOf(input: FileInput): SplitCounter {
  const { agent } = input.settings;
  return agent === undefined ? workersCount(input) : agentCounts(input, agent);
}

/** A cancel before the file is counted sets it aside; afterwards it comes too late and the file goes on into the totals. */
async function cancel(input: FileInput): Promise<FileResult> {
  const { cancelFile, handOver } = splitCounterOf(input).lastSteps;
  const { outcome } = await cancelFile(addressOf(input));
  if (outcome === 'cancelled') throw ApplicationFailure.nonRetryable(`${input.file} was cancelled and is quarantined`, 'cancelled');
  const handedOver = await handOver(addressOf(input));
  if (handedOver.kind === 'applied') return handedOver.result;
  return await countInSplits(input);
}

/** The catalogue code under which an activity failed, so that the Web UI can filter by it. */
function failureCode(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.type ? cause.type : `failed in ${workflowInfo().workflowType}`;
}
