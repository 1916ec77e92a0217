/**
 * What one attempt to count a split learns from those before it: how many workers were lost while they counted, since the
 * checkpoint last advanced. An attempt that only waited for a thread, or that reported how it ended (an outage, say), is no loss.
 */
import { UNREADABLE_DELAY_MS_FIRST, UNREADABLE_DELAY_MS_MAX } from './limits';

export interface AttemptHistory {
  /** Attempts that began to count since the checkpoint last advanced and have not reported an end. */
  readonly begunAttempts: number;
  /** Consecutive attempts that could not read this file while the source was fine. */
  readonly unreadableAttempts: number;
}

export const NO_HISTORY: AttemptHistory = { begunAttempts: 0, unreadableAttempts: 0 };

export function afterBegin(history: AttemptHistory): AttemptHistory {
  return { ...history, begunAttempts: history.begunAttempts + 1 };
}

/** How long to wait before a file that could not be read is tried again: it doubles, so that ten attempts outlast most outages. */
export function unreadableDelayMs(unreadableAttempts: number): number {
  return Math.min(UNREADABLE_DELAY_MS_MAX, UNREADABLE_DELAY_MS_FIRST * 2 ** (unreadableAttempts - 1));
}

/** An advance proves that the split can be counted on. */
export function afterAdvance(): AttemptHistory {
  return NO_HISTORY;
}

export function afterReportedFailure(history: AttemptHistory, isUnreadable: boolean): AttemptHistory {
  return {
    begunAttempts: Math.max(0, history.begunAttempts - 1),
    unreadableAttempts: isUnreadable ? history.unreadableAttempts + 1 : 0,
  };
}
