/**
 * Sums and counts per key while a split is counted: by the number that an index gives each key.
 * A sum is kept as a number for as long as that is exact and moves into a bigint before it would not be.
 */
import { compareBytes } from './byte-order';
import { hashKey } from './key-hash';
import { KeyIndex } from './key-index';
import type { TotalsEntry } from './partial';

const INITIAL_ENTRIES = 64;

export class TotalsTable {
  /** The number of a key is the index of its entry. */
  private readonly keys = new KeyIndex();
  private counts = new Float64Array(INITIAL_ENTRIES);
  /** A sum is sums[i] + (largeSums.get(i) ?? 0). */
  private sums = new Float64Array(INITIAL_ENTRIES);
  private readonly largeSums = new Map<number, bigint>();
  /** Indexes of the first entries in the order of their keys, so that a snapshot sorts only what is new. */
  private sorted: number[] = [];

  constructor(entries: Iterable<TotalsEntry> = []) {
    for (const { key, sum, count } of entries) {
      const index = this.indexOf(hashKey(key, 0, key.length), key, 0, key.length);
      this.counts[index] = Number(count);
      this.addLarge(index, sum);
    }
  }

  /** Adds one record of key bytes [start, end): the value is `large`, or the safe integer `number` where that is null. */
  add(bytes: Uint8Array, start: number, end: number, number: number, large: bigint | null): void {
    const hash = hashKey(bytes, start, end);
    if (large === null) return this.addHashed(hash, bytes, start, end, number);
    const index = this.indexOf(hash, bytes, start, end);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.addLarge(index, large);
  }

  /** The same for a safe integer and a key whose hashKey is known. */
  addHashed(hash: number, bytes: Uint8Array, start: number, end: number, number: number): void {
    const index = this.indexOf(hash, bytes, start, end);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    const sum = (this.sums[index] ?? 0) + number;
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= Number.MIN_SAFE_INTEGER) this.sums[index] = sum;
    else this.addLarge(index, BigInt(number));
  }

  /** Everything so far, sorted by key bytes. */
  entries(): TotalsEntry[] {
    const keys = this.keys.keys();
    this.sortNew(keys);
    return this.sorted.map((index) => ({
      key: keys[index] ?? NO_BYTES,
      sum: BigInt(this.sums[index] ?? 0) + (this.largeSums.get(index) ?? 0n),
      count: BigInt(this.counts[index] ?? 0),
    }));
  }

  private addLarge(index: number, value: bigint): void {
    this.largeSums.set(index, (this.largeSums.get(index) ?? 0n) + BigInt(this.sums[index] ?? 0) + value);
    this.sums[index] = 0;
  }

  /** The entry of this key, made at first sight. */
  private indexOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const index = this.keys.numberOfHashed(hash, bytes, start, end);
    if (index >= this.sums.length) this.grow();
    return index;
  }

  private grow(): void {
    const { counts, sums } = this;
    this.counts = new Float64Array(2 * counts.length);
    this.counts.set(counts);
    this.sums = new Float64Array(2 * sums.length);
    this.sums.set(sums);
  }

  private sortNew(keys: readonly Uint8Array[]): void {
    if (this.sorted.length === keys.length) return;
    const added = Array.from({ length: keys.length - this.sorted.length }, (_, index) => this.sorted.length + index);
    // V8 sorts by merging runs that are in order already, so the old part costs little.
    this.sorted = [...this.sorted, ...added].sort((left, right) => compareBytes(keys[left] ?? NO_BYTES, keys[right] ?? NO_BYTES));
  }
}

const NO_BYTES = new Uint8Array(0);
