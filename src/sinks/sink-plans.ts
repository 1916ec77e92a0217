/** What goes in and out of the sink about plans: counts of chosen files that are not in the totals until they are applied. */
import type { FileState } from '../core/file-row';
import type { PlanAllowances } from '../core/plan-choice';
import type { Policies } from '../core/policies';
import type { By, FileVersion, TotalsRow } from './sink';

export interface CreatePlanInput {
  readonly planId: string;
  readonly pipeline: string;
  /** How the files were chosen, for people. */
  readonly description: string;
  readonly allowances: PlanAllowances;
  readonly policies: Policies;
  readonly nowMs: number;
  readonly expiresMs: number;
}

export interface PlanRow {
  readonly planId: string;
  readonly pipeline: string;
  /** The name under which its files are counted. */
  readonly shadow: string;
  readonly description: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly isSealed: boolean;
  /** The last ledger number by which it was applied, or null. */
  readonly appliedUntil: number | null;
}

/** count: new to the totals. none: it is not changed. */
export type PlanAction = 'count' | 'recount' | 'release' | 'none';

export interface PostedTo {
  readonly ofPeriod: string;
  readonly period: string;
}

export interface PlanItem {
  readonly fileId: string;
  readonly sourceKey: string;
  readonly sizeBytes: number;
  /** The file's row when the plan was sealed, or null when it had none. */
  readonly seen: (FileVersion & { readonly state: FileState; readonly inVersion: number | null }) | null;
  readonly action: PlanAction;
  /** What becomes of the file: `in`, `alias`, or why it is not changed. */
  readonly outcome: string;
  readonly detail: string;
  /** What is taken out of the totals for it: its own earlier version, generations that it supersedes. */
  readonly takesOut: readonly FileVersion[];
  /** Where that, and what comes in for it, is posted: to another period where its own is closed. */
  readonly postedTo: readonly PostedTo[];
  readonly records: number;
  readonly rejected: number;
  readonly contentDigest: string;
}

export interface PlanSummary extends PlanRow {
  readonly items: readonly PlanItem[];
}

/** One total as it is and as it would be. */
export interface TotalsDifference extends Pick<TotalsRow, 'period' | 'key' | 'adjusts'> {
  readonly before: { readonly sum: bigint; readonly count: bigint };
  readonly after: { readonly sum: bigint; readonly count: bigint };
}

export interface DifferenceResult {
  /** In order of period, key bytes, adjusts; those that stay the same are left out. */
  readonly rows: readonly TotalsDifference[];
  readonly ledgerSequence: number;
  readonly ledgerId: string;
}

export type ApplyPlanInput = By & { readonly planId: string };

export type ApplyPlanResult =
  | { readonly outcome: 'done'; readonly files: number; readonly ledgerSequence: number }
  | { readonly outcome: 'already'; readonly ledgerSequence: number }
  /** expired: it was forgotten; outdated: what it was made for is not so any more. */
  | { readonly outcome: 'unknown' | 'expired' | 'not_counted' }
  | { readonly outcome: 'outdated' | 'overflow'; readonly fact: string };
