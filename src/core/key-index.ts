/** Numbers keys in the order of their first sight: a hash table with open addressing over key bytes in one growing arena. */
import { hashKey } from './key-hash';

const INITIAL_KEYS = 64;
const INITIAL_ARENA_BYTES = 16 * INITIAL_KEYS;

export class KeyIndex {
  private count = 0;
  /** Number of a key + 1 in each taken slot, else 0. Twice as many slots as keys at least. */
  private slots = new Int32Array(2 * INITIAL_KEYS);
  private hashes = new Int32Array(INITIAL_KEYS);
  /** Key i holds arena bytes [bounds[i], bounds[i + 1]). */
  private bounds = new Uint32Array(INITIAL_KEYS + 1);
  private arena = new Uint8Array(INITIAL_ARENA_BYTES);

  get size(): number {
    return this.count;
  }

  /** From 0; that of a new key is the size before. */
  numberOf(key: Uint8Array): number {
    return this.numberOfHashed(hashKey(key, 0, key.length), key, 0, key.length);
  }

  /** The same for bytes [start, end), whose hashKey is known. */
  numberOfHashed(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.slots.length - 1;
    let slot = firstSlot(hash, mask);
    for (;;) {
      const taken = this.slots[slot] ?? 0;
      if (taken === 0) return this.insert(slot, hash, bytes, start, end);
      if (this.hashes[taken - 1] === hash && this.isKey(taken - 1, bytes, start, end)) return taken - 1;
      slot = (slot + 1) & mask;
    }
  }

  /** By their numbers, in a copy. */
  keys(): Uint8Array[] {
    const arena = this.arena.slice(0, this.bounds[this.count]);
    return Array.from({ length: this.count }, (_, number) => arena.subarray(this.bounds[number], this.bounds[number + 1]));
  }

  private isKey(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { arena } = this;
    let position = this.bounds[number] ?? 0;
    if ((this.bounds[number + 1] ?? 0) - position !== end - start) return false;
    for (let at = start; at < end; at++) if (arena[position++] !== bytes[at]) return false;
    return true;
  }

  private insert(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.count++;
    const keyStart = this.bounds[number] ?? 0;
    const keyEnd = keyStart + end - start;
    this.slots[slot] = number + 1;
    if (this.count > this.hashes.length) this.growKeys();
    if (keyEnd > this.arena.length) this.growArena(keyEnd);
    this.hashes[number] = hash;
    this.bounds[number + 1] = keyEnd;
    this.arena.set(bytes.subarray(start, end), keyStart);
    if (this.count * 2 > this.slots.length) this.growSlots();
    return number;
  }

  private growKeys(): void {
    const capacity = 2 * this.hashes.length;
    const { hashes, bounds } = this;
    this.hashes = new Int32Array(capacity);
    this.hashes.set(hashes);
    this.bounds = new Uint32Array(capacity + 1);
    this.bounds.set(bounds);
  }

  private growArena(neededBytes: number): void {
    const { arena } = this;
    this.arena = new Uint8Array(Math.max(2 * arena.length, neededBytes));
    this.arena.set(arena);
  }

  private growSlots(): void {
    this.slots = new Int32Array(2 * this.slots.length);
    const mask = this.slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = firstSlot(this.hashes[number] ?? 0, mask);
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = number + 1;
    }
  }
}

/** FNV-1a mixes its high bits best, so they are folded into the low ones. */
function firstSlot(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}
