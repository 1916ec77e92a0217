/** The only translation of our failures into Temporal's. The type is the catalogue code; retryable exactly when the catalogue says so. */
import { ApplicationFailure } from '@temporalio/activity';
import { FAILURES, TallylineFailure, type FailureCode } from '../core/failures';
import { FAILURE_DETAIL_CHARACTERS_MAX } from '../core/limits';

export function toApplicationFailure(failure: TallylineFailure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message.slice(0, FAILURE_DETAIL_CHARACTERS_MAX),
    nonRetryable: FAILURES[failure.code].effect !== 'retry',
  });
}

/** For a fault that sets the file aside only when it lasts (`unreadable`): tried again by the activity's own policy until then. */
export function retryable(failure: TallylineFailure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message.slice(0, FAILURE_DETAIL_CHARACTERS_MAX),
    nonRetryable: false,
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

/** Wraps an activity so that each TallylineFailure leaves it translated; other errors are retried as they are. */
export function translated<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  onFailure: (code: string) => void,
): (input: Input) => Promise<Result> {
  return async (input) => {
    try {
      return await activity(input);
    } catch (error) {
      if (error instanceof TallylineFailure) {
        onFailure(error.code);
        throw toApplicationFailure(error);
      }
      throw error;
    }
  };
}
