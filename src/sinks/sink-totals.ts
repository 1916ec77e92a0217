/** What goes in and out of the sink's questions about totals, and of what freezes or forgets them. */
import type { By, LedgerKind, TotalsAddress, TotalsRow } from './sink';

export interface ReadTotalsInput {
  readonly pipeline: string;
  readonly period?: string;
  /** As the totals were right after the ledger entry of this number. */
  readonly asOf?: number;
  readonly after?: TotalsAddress;
  readonly limit: number;
}

/** A page of totals in order of period, key bytes, adjusts. It may hold more or fewer rows than asked for. */
export interface TotalsPage {
  readonly rows: readonly TotalsRow[];
  /** Where the next page begins, or null after the last. */
  readonly next: TotalsAddress | null;
  /** The ledger number at which these are the totals. */
  readonly ledgerSequence: number;
  readonly ledgerId: string;
  readonly closedThrough: string;
}

/** One step of one file into or out of a total. */
export interface Explanation {
  readonly number: number;
  readonly kind: LedgerKind;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  readonly fileId: string;
  readonly sourceKey: string;
  readonly version: number;
  readonly period: string;
  readonly adjusts: string;
  /** Negative for what was taken out. */
  readonly sum: bigint;
  readonly count: bigint;
}

export interface ExplainResult {
  /** In order of their numbers. */
  readonly steps: readonly Explanation[];
  /** What contributions that are kept no more had come to. */
  readonly carriedForward: readonly TotalsRow[];
  readonly totals: readonly TotalsRow[];
  readonly ledgerSequence: number;
  readonly ledgerId: string;
  /** Not all steps are listed. */
  readonly isCut: boolean;
}

export type ClosePeriodResult =
  | { readonly outcome: 'done'; readonly ledgerSequence: number }
  | { readonly outcome: 'already'; readonly closedThrough: string }
  | { readonly outcome: 'refused'; readonly fact: string };

export interface PruneInput extends By {
  readonly pipeline: string;
  /** What no ledger entry since this instant needs is pruned. */
  readonly beforeMs: number;
}

export interface PruneResult {
  readonly prunedThrough: number;
  readonly contributions: number;
  /** Call again. */
  readonly hasMore: boolean;
}
