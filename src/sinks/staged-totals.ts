/**
 * Deltas on their way into the totals, held in memory as long as they are few: by address, so that what many files say of one key
 * meets before the database sees it. Each delta keeps its ordinal, since one file may have to be taken back.
 */
import { leavesInt64 } from '../core/merge';
import type { TotalsAddress, TotalsRow } from './sink';
import type { TotalsDelta } from './store';
import { compareAddresses } from './totals-order';

export interface StagedLimits {
  readonly deltasMax: number;
  readonly addressesMax: number;
}

export class StagedTotals {
  private addresses: TotalsAddress[] = [];
  private places = new Map<string, number>();
  /** One entry a delta in each, in the order of staging. */
  private placeOf: number[] = [];
  private ordinals: number[] = [];
  private sums: bigint[] = [];
  private counts: bigint[] = [];
  /** All of them add records, and nothing is negative: whatever fits at the end fits on the way, in any order. */
  private isPlain = true;

  constructor(private readonly limits: StagedLimits) {}

  get isFull(): boolean {
    return this.placeOf.length >= this.limits.deltasMax || this.addresses.length >= this.limits.addressesMax;
  }

  add({ period, key, adjusts, ordinal, sum, count }: TotalsDelta): void {
    // Periods hold no NUL, so that the bytes of the key, which may, end the text unmistakably.
    const id = `${period}\0${adjusts}\0${Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')}`;
    let place = this.places.get(id);
    if (place === undefined) {
      place = this.addresses.length;
      this.places.set(id, place);
      // A key may be a view on the whole blob that it was read from.
      this.addresses.push({ period, adjusts, key: key.slice() });
    }
    if (sum < 0n || count <= 0n || adjusts !== '') this.isPlain = false;
    this.placeOf.push(place);
    this.ordinals.push(ordinal);
    this.sums.push(sum);
    this.counts.push(count);
  }

  remove(ordinal: number): void {
    const kept = [...this.inOrderOfStaging()].filter((delta) => delta.ordinal !== ordinal);
    this.clear();
    for (const delta of kept) this.add(delta);
  }

  clear(): void {
    this.addresses = [];
    this.places = new Map();
    this.placeOf = [];
    this.ordinals = [];
    this.sums = [];
    this.counts = [];
    this.isPlain = true;
  }

  *inOrderOfStaging(): Generator<TotalsDelta, void> {
    for (const index of this.placeOf.keys()) yield this.delta(index);
  }

  /** What is added to each total, in their order; null where it matters which file adds what. */
  plainSums(): readonly TotalsRow[] | null {
    if (!this.isPlain) return null;
    const sums = this.addresses.map(() => 0n);
    const counts = this.addresses.map(() => 0n);
    for (const [index, place] of this.placeOf.entries()) {
      sums[place] = (sums[place] ?? 0n) + (this.sums[index] ?? 0n);
      counts[place] = (counts[place] ?? 0n) + (this.counts[index] ?? 0n);
    }
    const rows = this.addresses.map((address, place) => ({ ...address, sum: sums[place] ?? 0n, count: counts[place] ?? 0n }));
    return rows.some(({ sum }) => leavesInt64(sum)) ? null : rows.sort(compareAddresses);
  }

  /** Every address once, in the order of totals, with its deltas by ordinal and, within one, as they were staged. */
  *byAddress(): Generator<{ readonly address: TotalsAddress; readonly deltas: readonly TotalsDelta[] }, void> {
    const indexes: number[][] = this.addresses.map(() => []);
    for (const [index, place] of this.placeOf.entries()) indexes[place]?.push(index);
    const groups = this.addresses.map((address, place) => ({ address, indexes: indexes[place] ?? [] }));
    groups.sort((left, right) => compareAddresses(left.address, right.address));
    for (const { address, indexes: own } of groups)
      yield { address, deltas: own.map((index) => this.delta(index)).sort((left, right) => left.ordinal - right.ordinal) };
  }

  private delta(index: number): TotalsDelta {
    const address = this.addresses[this.placeOf[index] ?? -1];
    const [ordinal, sum, count] = [this.ordinals[index], this.sums[index], this.counts[index]];
    if (address === undefined || ordinal === undefined || sum === undefined || count === undefined)
      throw new RangeError(`there is no staged delta ${index}`);
    return { period: address.period, key: address.key, adjusts: address.adjusts, ordinal, sum, count };
  }
}
