/** The totals that one transaction touches, changed in memory and written once. The caller holds the pipeline's lock. */
import { TallylineFailure } from '../../core/failures';
import { INT64_MAX, INT64_MIN } from '../../core/limits';
import type { TotalsEntry } from '../../core/partial';
import type { TotalsRow } from '../sink';
import type { StoreTransaction, TotalsAddress } from '../store';

/** A file's final totals in one period. */
export interface Contribution {
  readonly period: string;
  readonly entries: readonly TotalsEntry[];
}

interface Cell extends TotalsRow {
  readonly isChanged: boolean;
}

export class WorkingTotals {
  private readonly cells = new Map<string, Cell>();

  constructor(
    private readonly transaction: StoreTransaction,
    private readonly pipeline: string,
  ) {}

  /** Reads the totals of all keys of these contributions, in one go. */
  async load(contributions: readonly Contribution[]): Promise<void> {
    const missing = new Map<string, TotalsAddress>();
    for (const { period, entries } of contributions) {
      for (const { key } of entries) {
        const id = cellId(period, key);
        if (!this.cells.has(id)) missing.set(id, { period, key });
      }
    }
    for (const [id, { period, key }] of missing) this.cells.set(id, { period, key, sum: 0n, count: 0n, isChanged: false });
    const rows = await this.transaction.totals.read(this.pipeline, [...missing.values()]);
    for (const row of rows) this.cells.set(cellId(row.period, row.key), { ...row, isChanged: false });
  }

  /**
   * Takes contributions out and puts others in, all loaded; all or nothing. Answers the key of a total that would leave 64 bits,
   * or null. Throws invariant_violated when the totals do not hold what is to be taken out.
   */
  exchange(out: readonly Contribution[], into: readonly Contribution[]): Uint8Array | null {
    const next = new Map<string, Cell>();
    for (const contribution of out) this.add(next, contribution, -1n);
    for (const contribution of into) this.add(next, contribution, 1n);
    for (const { key, sum, count } of next.values()) {
      if (count < 0n || (count === 0n && sum !== 0n)) {
        throw new TallylineFailure('invariant_violated', 'the totals do not hold a contribution that is to be taken out of them');
      }
      if (sum > INT64_MAX || sum < INT64_MIN) return key;
    }
    for (const [id, cell] of next) this.cells.set(id, cell);
    return null;
  }

  async write(): Promise<void> {
    await this.transaction.totals.write(
      this.pipeline,
      [...this.cells.values()].filter(({ isChanged }) => isChanged),
    );
  }

  private add(next: Map<string, Cell>, { period, entries }: Contribution, sign: bigint): void {
    for (const { key, sum, count } of entries) {
      const id = cellId(period, key);
      const cell = next.get(id) ?? this.cells.get(id);
      if (cell === undefined) throw new TallylineFailure('invariant_violated', 'a total was changed before it was read');
      next.set(id, { period, key, sum: cell.sum + sign * sum, count: cell.count + sign * count, isChanged: true });
    }
  }
}

/** Periods hold no line feed, so that different addresses give different text. */
export function cellId(period: string, key: Uint8Array): string {
  return `${period}\n${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}`;
}
