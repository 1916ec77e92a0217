/** How work for an agent, or with what one found, ends without anybody's fault. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/** Nobody took the activity up in time. */
export function isAgentAway(error: unknown): boolean {
  return isTimeout(error, 'SCHEDULE_TO_START');
}

/** What was listed is gone from the exchange, or has become too old. */
export function isListingOver(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const isGone = cause instanceof ApplicationFailure && cause.type === 'exchange_lost';
  return isGone || isTimeout(error, 'SCHEDULE_TO_CLOSE') || isTimeout(error, 'START_TO_CLOSE');
}

function isTimeout(error: unknown, type: TimeoutFailure['timeoutType']): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure && error.cause.timeoutType === type;
}
