/** What a plan may do beyond counting what is new, and what is accepted that the pipeline's policies set aside. Said by a person. */
import type { FileState } from './file-row';
import type { Policies } from './policies';

export interface PlanAllowances {
  /** Count files again whose state is in, out, alias or superseded. */
  readonly recount?: true;
  /** Count files that are quarantined. */
  readonly release?: true;
  /** Only these generations. */
  readonly fileIds?: readonly string[];
  readonly acceptRejects?: true;
  readonly acceptUnterminatedLastLine?: true;
  readonly changedFile?: 'supersede' | 'count-new';
  readonly duplicateContent?: 'count';
}

/** Whether a plan takes a file whose row is in this state, or which has none. */
export function isAllowed(state: FileState | null, { recount, release }: PlanAllowances): boolean {
  if (state === null || state === 'seen' || state === 'counting' || state === 'counted') return true;
  return (state === 'quarantined' ? release : recount) ?? false;
}

/** What is accepted however many lines are rejected. */
const ANY_REJECTS: Policies['rejects'] = { maxCount: Number.MAX_SAFE_INTEGER };

/** While the plan's files are counted beside each other: what they mean to the totals is judged when it is sealed. */
export function policiesOfCounting(policies: Policies, allowances: PlanAllowances): Policies {
  return {
    changedFile: 'count-new',
    duplicateContent: 'count',
    unterminatedLastLine: allowances.acceptUnterminatedLastLine ? 'count' : policies.unterminatedLastLine,
    rejects: allowances.acceptRejects ? ANY_REJECTS : policies.rejects,
  };
}

/** How the plan's files are judged beside what is in the totals. */
export function policiesOfPlan(policies: Policies, { changedFile, duplicateContent }: PlanAllowances): Policies {
  return { ...policies, ...(changedFile && { changedFile }), ...(duplicateContent && { duplicateContent }) };
}
