/** Counts one file by its plan, and once more in one split where its records turn out to span lines. */
import { setMaxListeners } from 'node:events';

import { isSpanningRecord } from '../core/content-fault';
import { inOneSplit, type Plan } from '../core/plan';

export interface CountedPlan<Counted> {
  readonly plan: Plan;
  /** In the order of its splits. */
  readonly splits: readonly Counted[];
}

/** `countSplit` ends when its signal does. Splits that are of no use any more are given up; what they came to by then is discarded. */
export async function countPlan<Counted>(
  plan: Plan,
  signal: AbortSignal,
  countSplit: (plan: Plan, splitIndex: number, signal: AbortSignal) => Promise<Counted>,
  discard: (counted: Counted) => unknown,
): Promise<CountedPlan<Counted>> {
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  // Each split that waits for a thread listens.
  setMaxListeners(0, either);
  const counting = plan.splits.map((_, splitIndex) => countSplit(plan, splitIndex, either));
  try {
    return { plan, splits: await Promise.all(counting) };
  } catch (error) {
    const whole = isSpanningRecord(error) ? inOneSplit(plan) : null;
    if (whole === null) throw error;
    end.abort();
    for (const ended of await Promise.allSettled(counting)) if (ended.status === 'fulfilled') discard(ended.value);
    return await countPlan(whole, signal, countSplit, discard);
  }
}
