import { ActivityFailure, TimeoutFailure } from '@temporalio/workflow';

/** Nobody took the activity up in time. */
export function isAgentAway(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_START';
}
