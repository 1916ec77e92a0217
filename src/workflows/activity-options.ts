/** How each kind of activity is scheduled. Constants and workflow input only: two workers must schedule the same step alike. */
import type { RetryPolicy } from '@temporalio/common';
import type { ActivityOptions } from '@temporalio/workflow';
import { agentQueues, TASK_QUEUES } from '../contracts/task-queues';
import type { AgentAddress } from '../contracts/workflow-types';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Start-to-close follows the size at this rate, the slowest that is not yet a fault. */
const SLOWEST_BYTES_PER_MS = 1_000;
/** On top of it: an attempt may wait for a counting thread. Its heartbeat, not this, finds a lost worker. */
const THREAD_WAIT_MS = 60 * MINUTE_MS;
/** Waiting for the apply is part of the hand-over; its own wait is bounded below this, so that it ends by itself first. */
const HAND_OVER_START_TO_CLOSE_MS = 20 * MINUTE_MS;

/**
 * Infrastructure faults are retried without end: an outage quarantines nothing. Data faults are not retryable, by their type.
 * The pause stays short, because a killed worker looks the same as an outage, and its splits should go on soon.
 */
const WITHOUT_END: RetryPolicy = { initialInterval: SECOND_MS / 2, backoffCoefficient: 1.5, maximumInterval: 3 * SECOND_MS };

export const scanOptions: ActivityOptions = {
  taskQueue: TASK_QUEUES.scan,
  startToCloseTimeout: 2 * MINUTE_MS,
  // They heartbeat every few seconds at most; a scan waits this long for a worker that was killed.
  heartbeatTimeout: 15 * SECOND_MS,
  retry: WITHOUT_END,
};

/** A page that fails ends the scan as incomplete instead of holding it up: the next scan lists everything again. */
export const listOptions: ActivityOptions = {
  ...scanOptions,
  retry: { initialInterval: SECOND_MS, backoffCoefficient: 2, maximumAttempts: 3 },
};

export function countOptions(bytes: number, heartbeatTimeoutMs: number): ActivityOptions {
  return {
    taskQueue: TASK_QUEUES.count,
    startToCloseTimeout: THREAD_WAIT_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS),
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: WITHOUT_END,
  };
}

export function handOverOptions(bytes: number, heartbeatTimeoutMs: number): ActivityOptions {
  const options = countOptions(bytes, heartbeatTimeoutMs);
  return { ...options, startToCloseTimeout: THREAD_WAIT_MS + HAND_OVER_START_TO_CLOSE_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS) };
}

/** Where agents have the files: to those who have the database. */
export function onIntake(options: ActivityOptions): ActivityOptions {
  return { ...options, taskQueue: TASK_QUEUES.intake };
}

/** What was listed is of use for a while only: later its files may be others. */
export const registerOptions: ActivityOptions = { ...onIntake(listOptions), scheduleToCloseTimeout: 2 * MINUTE_MS };

/** On the one host that has the files. What waits longer than `awayAfterMs` for it fails, and is tried again by its workflow. */
export function onAgent({ sourceId, awayAfterMs }: AgentAddress, role: 'scan' | 'count', options: ActivityOptions): ActivityOptions {
  return { ...options, taskQueue: agentQueues(sourceId)[role], scheduleToStartTimeout: awayAfterMs };
}

/** It reads every contribution that is kept. One attempt after another, as the pipeline's own work goes before. */
export const verifyOptions: ActivityOptions = {
  taskQueue: TASK_QUEUES.apply,
  startToCloseTimeout: 12 * 60 * MINUTE_MS,
  heartbeatTimeout: 30 * SECOND_MS,
  retry: { ...WITHOUT_END, maximumInterval: 10 * MINUTE_MS, backoffCoefficient: 3 },
};

/** A batch holds at most a million entries, but one large file may hold more: its heartbeat, not this, finds a lost worker. */
export const applyOptions: ActivityOptions = {
  taskQueue: TASK_QUEUES.apply,
  startToCloseTimeout: 30 * MINUTE_MS,
  // Nothing is applied for this long after a worker was killed while it did.
  heartbeatTimeout: 15 * SECOND_MS,
  retry: WITHOUT_END,
};
