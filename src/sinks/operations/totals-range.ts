/** Totals added up in memory within a range of addresses, so that any number of them is handled range by range. */
import type { TotalsAddress, TotalsRow } from '../sink';
import type {} from '../store';
import { compareAddresses } from '../totals-order';
import { openPart } from './contribution-store';
import type { PostedPart } from './posted-parts';

/** Addresses after `after` up to `until`; null is no bound. */
export interface AddressRange {
  readonly after: TotalsAddress | null;
  readonly until: TotalsAddress | null;
}

export class RangeTotals {
  private readonly cells = new Map<string, TotalsRow>();

  constructor(
    private readonly range: AddressRange,
    private readonly period?: string,
  ) {}

  /** Adds what lies in the range. */
  add(row: TotalsRow): void {
    const { after, until } = this.range;
    if (this.period !== undefined && row.period !== this.period) return;
    if (after !== null && compareAddresses(row, after) <= 0) return;
    if (until !== null && compareAddresses(row, until) > 0) return;
    const id = addressId(row);
    const before = this.cells.get(id);
    this.cells.set(id, { ...row, sum: (before?.sum ?? 0n) + row.sum, count: (before?.count ?? 0n) + row.count });
  }

  /** Throws invariant_violated when the part is damaged. */
  addPart({ part, period, adjusts, factor }: PostedPart, sign: 1 | -1 = 1): void {
    if (this.period !== undefined && period !== this.period) return;
    const times = BigInt(factor * sign);
    for (const { key, sum, count } of openPart(part)) this.add({ period, key, adjusts, sum: sum * times, count: count * times });
  }

  /** Takes one out: what is left in the end has no counterpart. */
  take(address: TotalsAddress): TotalsRow | undefined {
    const id = addressId(address);
    const row = this.cells.get(id);
    this.cells.delete(id);
    return row;
  }

  /** Those that are not nothing, in order. */
  rows(): TotalsRow[] {
    return [...this.cells.values()].filter(({ sum, count }) => sum !== 0n || count !== 0n).sort(compareAddresses);
  }
}

/** Periods hold no line feed, so that different addresses give different text. */
function addressId({ period, key, adjusts }: TotalsAddress): string {
  return `${period}\n${adjusts}\n${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}`;
}
