/** Counts one file by its plan, and once more in one split where its records turn out to span lines. */
import { isSpanningRecord } from '../core/content-fault';
import { inOneSplit, type Plan } from '../core/plan';

export interface CountedPlan<Counted> {
  readonly plan: Plan;
  /** In the order of its splits. */
  readonly splits: readonly Counted[];
}

/** `countSplit` ends when its signal does; splits that are of no use any more are given up. */
export async function countPlan<Counted>(
  plan: Plan,
  signal: AbortSignal,
  countSplit: (plan: Plan, splitIndex: number, signal: AbortSignal) => Promise<Counted>,
): Promise<CountedPlan<Counted>> {
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  try {
    return { plan, splits: await Promise.all(plan.splits.map((_, splitIndex) => countSplit(plan, splitIndex, either))) };
  } catch (error) {
    const whole = isSpanningRecord(error) ? inOneSplit(plan) : null;
    if (whole === null) throw error;
    end.abort();
    return await countPlan(whole, signal, countSplit);
  }
}
