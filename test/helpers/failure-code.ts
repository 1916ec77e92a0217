import { TallylineFailure } from '../../src/core/failures';

/** The code of the TallylineFailure that `work` throws, or null when it throws none. Other errors go through. */
export function failureCode(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof TallylineFailure) return error.code;
    throw error;
  }
}
