/** Wakes the aggregation of a pipeline by signal-with-start. Calls that come while one is under way become one more, not many. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@temporalio/client';
import { WAKE_SIGNAL_NAME } from '../contracts/messages';
import { pipelineAttribute } from '../contracts/search-attributes';
import { TASK_QUEUES } from '../contracts/task-queues';
import { aggregateWorkflowId } from '../core/ids';
import { WAKE_AGAIN_MS } from '../core/limits';
import type { aggregateWorkflow } from '../workflows/aggregate';

/**
 * Files that are counted within this time after a signal share the next one, which is one event and one workflow task less each. One that
 * comes alone does not wait.
 */
const GATHER_MS = 50;

export interface Wake {
  /** Resolves once the server has a signal that came after this call. */
  readonly wake: (pipeline: string) => Promise<void>;
  /** For those who wait already: one signal in WAKE_AGAIN_MS, however many they are. */
  readonly wakeAgain: (pipeline: string) => Promise<void>;
}

export function createWake(client: Client, now: () => number = Date.now): Wake {
  const sentMs = new Map<string, number>();
  const gathering = new Map<string, Promise<void>>();
  // One signal speaks for several attempts, so it must not end with the one that happened to ask first.
  const outsideOfAttempts = AsyncLocalStorage.snapshot();
  const wake = (pipeline: string): Promise<void> => {
    const waiting = gathering.get(pipeline);
    if (waiting) return waiting;
    const sending = outsideOfAttempts(async () => {
      const sinceLastMs = Math.max(0, now() - (sentMs.get(pipeline) ?? -Infinity));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, GATHER_MS - sinceLastMs)));
      // From here on a new caller needs a signal of its own: its commit may be later than what this one lets the apply see.
      gathering.delete(pipeline);
      sentMs.set(pipeline, now());
      await signalWithStart(client, pipeline);
    });
    gathering.set(pipeline, sending);
    return sending;
  };
  const wakeAgain = async (pipeline: string): Promise<void> => {
    if (now() - (sentMs.get(pipeline) ?? 0) >= WAKE_AGAIN_MS) await wake(pipeline);
  };
  return { wake, wakeAgain };
}

export async function signalWithStart(client: Client, pipeline: string): Promise<void> {
  await client.workflow.signalWithStart<typeof aggregateWorkflow>('aggregateWorkflow', {
    workflowId: aggregateWorkflowId(pipeline),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [{ pipeline }],
    signal: WAKE_SIGNAL_NAME,
    signalArgs: [],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `Merges counted files of ${pipeline} into the totals`,
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  });
}
