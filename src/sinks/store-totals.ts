/** The part of a store that holds the totals. */
import type { TotalsEntry } from '../core/partial';
import type { TotalsAddress, TotalsRow } from './sink';

/** What one file of a transaction adds to one total. Ordinals say in which order the files come. */
export interface TotalsDelta extends TotalsRow {
  readonly ordinal: number;
}

export interface TotalsTable {
  read(pipeline: string, addresses: readonly TotalsAddress[]): Promise<readonly TotalsRow[]>;
  /** In order of period, key bytes, adjusts; of one period only when it is given. */
  page(pipeline: string, after: TotalsAddress | null, limit: number, period?: string): Promise<readonly TotalsRow[]>;
  /** Lays deltas ready within this transaction, where nobody sees them. Called with bounded lists, as often as needed. */
  stage(pipeline: string, deltas: readonly TotalsDelta[]): Promise<void>;
  /**
   * The same for encoded entries, where the database can take them as they are. Answers the first entry whose sum leaves 64 bits; then only
   * what came before it is staged. Throws checkpoint_unusable for bytes that are no entries.
   */
  stageEncoded?(to: StagedUnder, entries: Uint8Array): Promise<TotalsEntry | null>;
  /** Takes back what was staged under this ordinal. */
  unstage(pipeline: string, ordinal: number): Promise<void>;
  /**
   * Adds everything staged to the totals, one write a total, and empties the staging; a total of sum 0 and count 0 is removed.
   * When a sum would leave 64 bits nothing is changed, and the answer is the lowest ordinal whose deltas, added after those of all
   * lower ones, make a total leave them.
   * Throws invariant_violated when a total that adjusts nothing would get a negative count, or a sum without a count.
   */
  mergeStaged(pipeline: string): Promise<StagedOverflow | null>;
}

export interface StagedUnder {
  readonly period: string;
  readonly adjusts: string;
  readonly ordinal: number;
}

export interface StagedOverflow extends TotalsAddress {
  readonly ordinal: number;
}
