import { compareBytes } from '../core/byte-order';
import { TallylineFailure } from '../core/failures';
import { leavesInt64 } from '../core/merge';
import type { TotalsAddress, TotalsRow } from './sink';
import type { StagedOverflow, TotalsDelta } from './store-totals';

/**
 * Adds staged deltas up, which come in order of their totals and, within one, of their ordinals. For databases that do not do it by
 * themselves. Sums are exact while they are added up; whether one leaves 64 bits is judged after each ordinal.
 */
export class TotalsGroups {
  /** The lowest ordinal after which a total leaves 64 bits, or null. */
  overflow: StagedOverflow | null = null;
  private isHeld = true;
  private current: { readonly address: TotalsAddress; sum: bigint; count: bigint; ordinal: number } | undefined;

  /** Nothing so far speaks against writing what was finished. */
  get isSound(): boolean {
    return this.overflow === null && this.isHeld;
  }

  /** Answers the total that was finished by this delta's being of another one. `before` is the delta's total as it is in the database. */
  add(delta: TotalsDelta, before: Pick<TotalsRow, 'sum' | 'count'> | null): TotalsRow[] {
    const finished = this.current !== undefined && !isSame(this.current.address, delta) ? this.end() : [];
    this.current ??= { address: addressOf(delta), sum: before?.sum ?? 0n, count: before?.count ?? 0n, ordinal: delta.ordinal };
    if (delta.ordinal !== this.current.ordinal) this.judge();
    this.current.ordinal = delta.ordinal;
    this.current.sum += delta.sum;
    this.current.count += delta.count;
    return finished;
  }

  /** The last total. */
  end(): TotalsRow[] {
    if (this.current === undefined) return [];
    this.judge();
    const { address, sum, count } = this.current;
    this.current = undefined;
    if (address.adjusts === '' && (count < 0n || (count === 0n && sum !== 0n))) this.isHeld = false;
    return [{ ...address, sum, count }];
  }

  /** Throws invariant_violated when the deltas take out of a total what it does not hold. Asked last: what leaves 64 bits may be why. */
  requireHeld(): void {
    if (!this.isHeld)
      throw new TallylineFailure('invariant_violated', 'the totals do not hold a contribution that is to be taken out of them');
  }

  private judge(): void {
    if (this.current === undefined || !leavesInt64(this.current.sum)) return;
    const { address, ordinal } = this.current;
    if (this.overflow === null || ordinal < this.overflow.ordinal) this.overflow = { ...address, ordinal };
  }
}

function addressOf({ period, key, adjusts }: TotalsAddress): TotalsAddress {
  return { period, key, adjusts };
}

function isSame(left: TotalsAddress, right: TotalsAddress): boolean {
  return left.period === right.period && left.adjusts === right.adjusts && compareBytes(left.key, right.key) === 0;
}
