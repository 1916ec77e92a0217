import { REJECT_SAMPLES_PER_REASON_MAX } from './limits';
import { REJECT_REASONS } from './reject';
import type { RejectReason, RejectSample, RejectSummary } from './reject';

/** Adds up the counts; of the samples it keeps those with the lowest offsets. */
export function mergeRejects(summaries: readonly RejectSummary[]): RejectSummary {
  const merged: Partial<Record<RejectReason, { count: number; samples: readonly RejectSample[] }>> = {};
  for (const reason of REJECT_REASONS) {
    const found = summaries.flatMap((summary) => summary[reason] ?? []);
    if (found.length === 0) continue;
    const samples = found.flatMap((reject) => reject.samples).sort((left, right) => left.offset - right.offset);
    merged[reason] = { count: found.reduce((sum, { count }) => sum + count, 0), samples: samples.slice(0, REJECT_SAMPLES_PER_REASON_MAX) };
  }
  return merged;
}

export function countRejected(rejects: { readonly [Reason in RejectReason]?: { readonly count: number } }): number {
  return REJECT_REASONS.reduce((sum, reason) => sum + (rejects[reason]?.count ?? 0), 0);
}
