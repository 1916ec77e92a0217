/**
 * One version of one file: its splits are counted in a window, handed over, and the workflow ends when the totals hold the file.
 * Completed means: in the totals, or an alias of a file that is. Everything else closes as Failed with a code.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { CountActivities, FileActivityInput, HandOverResult } from '../contracts/activity-types';
import { rejectsAttribute, stateAttribute } from '../contracts/search-attributes';
import type { FileInput, FileResult } from '../contracts/workflow-types';
import { countOptions, handOverOptions } from './activity-options';
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
    upsertSearchAttributes([{ key: stateAttribute, value: failureCode(error) }]);
    throw error;
  }
}

async function countAndHandOver(input: FileInput): Promise<FileResult> {
  try {
    return input.sizeBytes <= input.settings.wholeFileBytesMax ? await countWholeFile(input) : await countInSplits(input);
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
  return await countFile(address(input));
}

async function countInSplits(input: FileInput): Promise<FileResult> {
  const { heartbeatTimeoutMs } = input.settings;
  const { admitFile } = proxyActivities<CountActivities>(countOptions(0, heartbeatTimeoutMs));
  // Bounded by the state machine: a file whose partials are missing for the third time is quarantined, and a plan is replaced once.
  for (;;) {
    const { planDigest, splitCount, splitBytesMax, storedSplits } = await admitFile(address(input));
    const { countSplit } = proxyActivities<CountActivities>(countOptions(splitBytesMax, heartbeatTimeoutMs));
    const stored = new Set(storedSplits);
    const missing = Array.from({ length: splitCount }, (_, index) => index).filter((index) => !stored.has(index));
    // Splits that found that their plan was replaced, or replaced it: no other is begun then.
    const replaced: number[] = [];
    await forEachInWindow(missing, input.settings.windowSplits, async (splitIndex) => {
      if (replaced.length > 0) return;
      const { planReplaced } = await countSplit({ ...address(input), planDigest, splitIndex });
      if (planReplaced) replaced.push(splitIndex);
    });
    if (replaced.length > 0) continue;
    const handedOver = await handOverFile(input);
    if (handedOver.kind === 'applied') return handedOver.result;
  }
}

function handOverFile(input: FileInput): Promise<HandOverResult> {
  const { handOver } = proxyActivities<CountActivities>(handOverOptions(0, input.settings.heartbeatTimeoutMs));
  return handOver(address(input));
}

/** A cancel before the file is counted sets it aside; afterwards it comes too late and the file goes on into the totals. */
async function cancel(input: FileInput): Promise<FileResult> {
  const { cancelFile } = proxyActivities<CountActivities>(countOptions(0, input.settings.heartbeatTimeoutMs));
  const { outcome } = await cancelFile(address(input));
  if (outcome === 'cancelled') throw ApplicationFailure.nonRetryable(`${input.file} was cancelled and is quarantined`, 'cancelled');
  const handedOver = await handOverFile(input);
  if (handedOver.kind === 'applied') return handedOver.result;
  return await countInSplits(input);
}

function address(input: FileInput): FileActivityInput {
  return { pipeline: input.pipeline, fileId: input.fileId, version: input.version };
}

/** The catalogue code under which an activity failed, so that the Web UI can filter by it. */
function failureCode(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.type ? cause.type : `failed in ${workflowInfo().workflowType}`;
}
