/** The only translation of our failures into Temporal's. The type is the catalogue code; retryable exactly when the catalogue says so. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import type { PipelineInput } from '../contracts/activity-types';
import { FAILURES, TallylineFailure, type FailureCode } from '../core/failures';
import { FAILURE_DETAIL_CHARACTERS_MAX } from '../core/limits';

export function toApplicationFailure(failure: TallylineFailure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message.slice(0, FAILURE_DETAIL_CHARACTERS_MAX),
    nonRetryable: FAILURES[failure.code].effect !== 'retry',
  });
}

/** For a fault that sets the file aside only when it lasts (`unreadable`). */
export function retryAfter(failure: TallylineFailure, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message.slice(0, FAILURE_DETAIL_CHARACTERS_MAX),
    nonRetryable: false,
    nextRetryDelay: delayMs,
  });
}

export function retryNow(code: FailureCode, fact: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: new TallylineFailure(code, fact).message,
    nonRetryable: false,
    nextRetryDelay: '100ms',
  });
}

/** Under what an error is counted that has no code of the catalogue. */
export const UNFORESEEN = 'unforeseen';

/**
 * Wraps an activity so that each TallylineFailure leaves it translated; other errors are retried as they are. `onFailure` hears of each:
 * what is retried without end must be seen somewhere.
 */
export function translated<Input extends PipelineInput, Result>(
  activity: (input: Input) => Promise<Result>,
  onFailure: (code: string, pipeline: string) => void,
): (input: Input) => Promise<Result> {
  return async (input) => {
    try {
      return await activity(input);
    } catch (error) {
      if (!(error instanceof CancelledFailure)) onFailure(codeOf(error), input.pipeline);
      throw error instanceof TallylineFailure ? toApplicationFailure(error) : error;
    }
  };
}

function codeOf(error: unknown): string {
  if (error instanceof TallylineFailure) return error.code;
  return (error instanceof ApplicationFailure ? error.type : null) ?? UNFORESEEN;
}
