/**
 * What one attempt to count a split learns from those before it: how many workers were lost while they counted, since the
 * checkpoint last advanced. An attempt that only waited for a thread, or that reported how it ended (an outage, say), is no loss.
 */
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
