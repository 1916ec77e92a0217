import { ApplicationFailure } from '@temporalio/activity';
import { TallylineFailure } from '../../src/core/failures';

/** The catalogue code under which `work` fails, before or after it was translated for Temporal; null when it does not fail. */
export async function rejectionCode(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof TallylineFailure) return error.code;
    if (error instanceof ApplicationFailure) return error.type ?? null;
    throw error;
  }
}
