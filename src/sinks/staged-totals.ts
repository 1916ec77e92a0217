/**
 * Deltas on their way into the totals, held in memory as long as they are few: by address, so that what many files say of one key
 * meets before the database sees it. Each delta keeps its ordinal, since one file may have to be taken back.
 */
import type { EntryCursor } from '../core/entry-cursor';
import { hashKey } from '../core/key-hash';
import { KeyIndex } from '../core/key-index';
import type { TotalsAddress, TotalsRow } from './sink';
import { StagedDeltas } from './staged-deltas';
import type { StagedUnder, TotalsDelta } from './store-totals';
import { compareAddresses } from './totals-order';

export interface StagedLimits {
  readonly deltasMax: number;
  readonly addressesMax: number;
}

interface NotedDelta {
  readonly adjusts: string;
  readonly ordinal: number;
  readonly sum: number | bigint;
  readonly count: number | bigint;
}

/** Addresses that differ in their keys only. */
interface Group {
  readonly period: string;
  readonly adjusts: string;
  readonly keys: KeyIndex;
  /** By the number of the key. */
  readonly places: number[];
}

/** Of a key: enough to tell most apart, few enough that a number holds them exactly. */
const PREFIX_BYTES = 6;

export class StagedTotals {
  private addresses: TotalsAddress[] = [];
  private groups = new Map<string, Group>();
  /** Deltas of one file come one after the other. */
  private lastGroup: Group | undefined;
  private deltas = new StagedDeltas();
  /** All of them add records, and nothing is negative: whatever fits at the end fits on the way, in any order. */
  private isPlain = true;

  constructor(private readonly limits: StagedLimits) {}

  get isFull(): boolean {
    return this.deltas.length >= this.limits.deltasMax || this.addresses.length >= this.limits.addressesMax;
  }

  add({ period, key, adjusts, ordinal, sum, count }: TotalsDelta): void {
    this.note(this.placeOf({ period, adjusts }, key, 0, key.length), { adjusts, ordinal, sum, count });
  }

  /** The entry that the cursor is at. */
  addEntry(to: StagedUnder, { bytes, keyStart, keyEnd, sum, count }: EntryCursor): void {
    this.note(this.placeOf(to, bytes, keyStart, keyEnd), { adjusts: to.adjusts, ordinal: to.ordinal, sum, count });
  }

  private note(place: number, { adjusts, ordinal, sum, count }: NotedDelta): void {
    if (sum < 0 || count <= 0 || adjusts !== '') this.isPlain = false;
    this.deltas.add(place, ordinal, sum, count);
  }

  remove(ordinal: number): void {
    const kept = [...this.inOrderOfStaging()].filter((delta) => delta.ordinal !== ordinal);
    this.clear();
    for (const delta of kept) this.add(delta);
  }

  clear(): void {
    if (this.deltas.length === 0) return;
    this.addresses = [];
    this.groups = new Map();
    this.lastGroup = undefined;
    this.deltas = new StagedDeltas();
    this.isPlain = true;
  }

  *inOrderOfStaging(): Generator<TotalsDelta, void> {
    for (let index = 0; index < this.deltas.length; index += 1) yield this.delta(index);
  }

  /** What is added to each total, in their order; null where it matters which file adds what. */
  plainSums(): readonly TotalsRow[] | null {
    const added = this.isPlain ? this.deltas.sumsOf(this.addresses.length) : null;
    if (added === null) return null;
    const { sums, counts } = added;
    return this.placesInOrder().map((place) => {
      const { period, key, adjusts } = this.address(place);
      return { period, key, adjusts, sum: BigInt(sums[place] ?? 0), count: BigInt(counts[place] ?? 0) };
    });
  }

  /** Every address once, in the order of totals, with its deltas by ordinal and, within one, as they were staged. */
  *byAddress(): Generator<{ readonly address: TotalsAddress; readonly deltas: readonly TotalsDelta[] }, void> {
    const indexes: number[][] = this.addresses.map(() => []);
    for (let index = 0; index < this.deltas.length; index += 1) indexes[this.deltas.placeAt(index)]?.push(index);
    for (const place of this.placesInOrder()) {
      const deltas = (indexes[place] ?? []).map((index) => this.delta(index)).sort((left, right) => left.ordinal - right.ordinal);
      yield { address: this.address(place), deltas };
    }
  }

  /** The key is bytes [start, end). */
  private placeOf({ period, adjusts }: Omit<StagedUnder, 'ordinal'>, bytes: Uint8Array, start: number, end: number): number {
    let group = this.lastGroup;
    if (group?.period !== period || group.adjusts !== adjusts) group = this.lastGroup = this.groupOf(period, adjusts);
    const number = group.keys.numberOfHashed(hashKey(bytes, start, end), bytes, start, end);
    const place = group.places[number];
    if (place !== undefined) return place;
    group.places.push(this.addresses.length);
    // What it was read from is not kept.
    return this.addresses.push({ period, adjusts, key: bytes.slice(start, end) }) - 1;
  }

  private groupOf(period: string, adjusts: string): Group {
    const id = JSON.stringify([period, adjusts]);
    const known = this.groups.get(id);
    if (known) return known;
    const group: Group = { period, adjusts, keys: new KeyIndex(), places: [] };
    this.groups.set(id, group);
    return group;
  }

  /** As compareAddresses has them, which is asked only where the first bytes do not tell. */
  private placesInOrder(): number[] {
    const prefixes = Float64Array.from(this.addresses, ({ key }) => prefixOf(key));
    return [...this.addresses.keys()].sort((left, right) => {
      const [one, other] = [this.address(left), this.address(right)];
      const byPrefix = one.period === other.period ? (prefixes[left] ?? 0) - (prefixes[right] ?? 0) : 0;
      return byPrefix !== 0 ? byPrefix : compareAddresses(one, other);
    });
  }

  private delta(index: number): TotalsDelta {
    const { place, ordinal, sum, count } = this.deltas.at(index);
    const { period, key, adjusts } = this.address(place);
    return { period, key, adjusts, ordinal, sum, count };
  }

  private address(place: number): TotalsAddress {
    const address = this.addresses[place];
    if (address === undefined) throw new RangeError(`there is no staged address ${place}`);
    return address;
  }
}

/** The first bytes of a key as a number, those that are missing as 0: what it orders is ordered as by compareBytes. */
function prefixOf(key: Uint8Array): number {
  let prefix = 0;
  for (let index = 0; index < PREFIX_BYTES; index += 1) prefix = prefix * 256 + (key[index] ?? 0);
  return prefix;
}
