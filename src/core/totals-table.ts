/**
 * Sums and counts per key while a split is counted: a hash table with open addressing over key bytes in one growing arena.
 * A sum is kept as a number for as long as that is exact and moves into a bigint before it would not be.
 */
import { compareBytes } from './byte-order';
import { hashKey } from './key-hash';
import type { TotalsEntry } from './partial';

const INITIAL_ENTRIES = 64;
const INITIAL_ARENA_BYTES = 16 * INITIAL_ENTRIES;
export class TotalsTable {
  private size = 0;
  /** Entry index + 1 in each taken slot, else 0. Twice as many slots as entries at least. */
  private slots = new Int32Array(2 * INITIAL_ENTRIES);
  private hashes = new Int32Array(INITIAL_ENTRIES);
  /** Entry i holds arena bytes [keyBounds[i], keyBounds[i + 1]). */
  private keyBounds = new Uint32Array(INITIAL_ENTRIES + 1);
  private arena = new Uint8Array(INITIAL_ARENA_BYTES);
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
    this.sortNew();
    const keys = this.arena.slice(0, this.keyBounds[this.size]);
    return this.sorted.map((index) => ({
      key: keys.subarray(this.keyBounds[index], this.keyBounds[index + 1]),
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
    const mask = this.slots.length - 1;
    let slot = firstSlot(hash, mask);
    for (;;) {
      const taken = this.slots[slot] ?? 0;
      if (taken === 0) return this.insert(slot, hash, bytes, start, end);
      if (this.hashes[taken - 1] === hash && this.hasKey(taken - 1, bytes, start, end)) return taken - 1;
      slot = (slot + 1) & mask;
    }
  }

  private hasKey(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { arena } = this;
    let position = this.keyBounds[index] ?? 0;
    if ((this.keyBounds[index + 1] ?? 0) - position !== end - start) return false;
    for (let at = start; at < end; at++) if (arena[position++] !== bytes[at]) return false;
    return true;
  }

  private insert(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const index = this.size++;
    const keyStart = this.keyBounds[index] ?? 0;
    const keyEnd = keyStart + end - start;
    this.slots[slot] = index + 1;
    if (this.size > this.hashes.length) this.growEntries();
    if (keyEnd > this.arena.length) this.growArena(keyEnd);
    this.hashes[index] = hash;
    this.keyBounds[index + 1] = keyEnd;
    this.arena.set(bytes.subarray(start, end), keyStart);
    if (this.size * 2 > this.slots.length) this.growSlots();
    return index;
  }

  private growEntries(): void {
    const capacity = 2 * this.hashes.length;
    this.hashes = copyInto(new Int32Array(capacity), this.hashes);
    this.keyBounds = copyInto(new Uint32Array(capacity + 1), this.keyBounds);
    this.counts = copyInto(new Float64Array(capacity), this.counts);
    this.sums = copyInto(new Float64Array(capacity), this.sums);
  }

  private growArena(neededBytes: number): void {
    this.arena = copyInto(new Uint8Array(Math.max(2 * this.arena.length, neededBytes)), this.arena);
  }

  private growSlots(): void {
    this.slots = new Int32Array(2 * this.slots.length);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = firstSlot(this.hashes[index] ?? 0, mask);
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = index + 1;
    }
  }

  private sortNew(): void {
    if (this.sorted.length === this.size) return;
    const keys = Array.from({ length: this.size }, (_, index) => this.arena.subarray(this.keyBounds[index], this.keyBounds[index + 1]));
    const added = Array.from({ length: this.size - this.sorted.length }, (_, index) => this.sorted.length + index);
    // V8 sorts by merging runs that are in order already, so the old part costs little.
    const empty = new Uint8Array(0);
    this.sorted = [...this.sorted, ...added].sort((left, right) => compareBytes(keys[left] ?? empty, keys[right] ?? empty));
  }
}

/** FNV-1a mixes its high bits best, so they are folded into the low ones. */
function firstSlot(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

function copyInto<Target extends { set(source: ArrayLike<number>): void }>(target: Target, source: ArrayLike<number>): Target {
  target.set(source);
  return target;
}
