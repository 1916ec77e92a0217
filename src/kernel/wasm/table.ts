/**
 * Sums and counts per key: entries of 32 bytes in the order of their first sight, and a hash table of their numbers. The table has
 * buckets of four slots, u32 each: the number of an entry from 1, and above it a tag, eight bits of the key's hash with the highest set,
 * so that four slots are asked at once and next to never for a key in vain. What finds its bucket full goes into the next.
 *
 * An entry: 16 bytes of key, the low 64 bits of the sum, the high 32, and the count in 32 bits. A key of up to 16 bytes lies there
 * itself, padded with zeros; no key ends with a zero, so that is one form only. A longer key has a zero first, which no key has, then
 * 56 bits of its hash, its place among the long keys, and its length.
 *
 * In the memory lie first the buckets, then the long keys, then the entries, each behind 64 bytes of nothing. `reserve` makes room for
 * all of them, and moves what is in its way.
 */
import { ENTRIES_MAX, ENTRY_BYTES, LONG_KEYS_BYTES_MAX, SLOTS_MAX, TABLE } from './memory';

const SLOTS_MIN: u32 = 1 << 12;
const SLOTS_PER_BUCKET: u32 = 4;
const BUCKET_BYTES: usize = 16;
const NUMBER_BITS: u32 = 24;
/** Above the bits of the four slots: what follows a bucket is asked where none of them has the tag, and never is the key. */
const NO_SLOT: u32 = 1 << 4;
const PRIME_1: u64 = 0x9e3779b97f4a7c15;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const GAP_BYTES: usize = 64;
const PAGE_BYTES: usize = 0x10000;
const COUNT_MAX: u64 = 0xffffffff;
/** What of a hash stands for a long key. */
export const LONG_HASH: u64 = ~0xff;

export let entries: u32 = 0;
/** No further key has room, or a count is at its end: the table must be emptied before it takes more. */
export let isFull: bool = false;
let entriesLimit: u32 = ENTRIES_MAX;
let entriesAllocated: u32 = 0;
let slotsAllocated: u32 = SLOTS_MIN;
let longKeysAllocated: usize = 0;
let longKeysStart: usize = TABLE + 4 * (SLOTS_MIN as usize) + GAP_BYTES;
/** Where the entries begin. Before them lie zeros, which are no key: number 0. */
export let entriesStart: usize = longKeysStart + GAP_BYTES;
let buckets: u32 = 0;
/** Takes the number of a bucket and the tag below it out of a hash. */
let bucketShift: u64 = 0;
/** How many entries these buckets are good for. */
let entriesPerBuckets: u32 = 0;
let longKeysBytes: usize = 0;

export function clearTable(): void {
  entries = 0;
  isFull = false;
  longKeysBytes = 0;
  // A merge may have written over number 0.
  memory.fill(entriesStart - GAP_BYTES, 0, GAP_BYTES);
  useBuckets(SLOTS_MIN / SLOTS_PER_BUCKET);
}

/**
 * Where a key most probably is: another entry, or none, for the others. A key is given in two halves: its 16 bytes, padded with zeros,
 * or for a longer one its hash without the lowest byte, and its place and its length.
 */
@inline
export function guessEntry(low: u64, high: u64): usize {
  const hash = isLongHalf(low) ? low : hashOf(low, high);
  const bucket = bucketOf(hash);
  return entryIn(load<u32>(bucket + 4 * (ctz(tagsAt(bucket, tagOf(hash)) | NO_SLOT) as usize)));
}

/** Its entry, made at first sight with nothing in it; 0 when it is full. */
@inline
export function findFrom(guess: usize, low: u64, high: u64): usize {
  if (!isLongHalf(low)) return ((load<u64>(guess) ^ low) | (load<u64>(guess, 8) ^ high)) == 0 ? guess : findShort(low, high);
  return isLongKey(guess, low, high as u32, (high >> 32) as u32) ? guess : findLong(high as u32, (high >> 32) as u32, low);
}

/** The same for a key in the memory, padded with zeros to whole vectors. */
export function findKey(key: usize, length: u32): usize {
  if (length <= 16) return findShort(load<u64>(key), load<u64>(key, 8));
  return findLong(key, length, hashLong(key, length) & LONG_HASH);
}

/** All of the key's bucket, and on. */
export function findShort(low: u64, high: u64): usize {
  const hash = hashOf(low, high);
  let bucket = bucketOf(hash);
  const tag = tagOf(hash);
  while (true) {
    for (let found = tagsAt(bucket, tag); found != 0; found &= found - 1) {
      const entry = entryIn(load<u32>(bucket + 4 * (ctz(found) as usize)));
      if (load<u64>(entry) == low && load<u64>(entry, 8) == high) return entry;
    }
    const free = tagsAt(bucket, 0);
    if (free != 0) return insert(bucket + 4 * (ctz(free) as usize), tag, low, high);
    bucket = nextBucket(bucket);
  }
}

/** The same for a longer key. */
function findLong(key: usize, length: u32, hash: u64): usize {
  const tag = tagOf(hash);
  let bucket = bucketOf(hash);
  while (true) {
    for (let found = tagsAt(bucket, tag); found != 0; found &= found - 1) {
      const entry = entryIn(load<u32>(bucket + 4 * (ctz(found) as usize)));
      if (isLongKey(entry, hash, key, length)) return entry;
    }
    const free = tagsAt(bucket, 0);
    if (free != 0) return insertLong(bucket + 4 * (ctz(free) as usize), tag, hash, key, length);
    bucket = nextBucket(bucket);
  }
}

@inline
function isLongKey(entry: usize, hash: u64, key: usize, length: u32): bool {
  if (load<u64>(entry) != hash || load<u32>(entry, 12) != length) return false;
  return isSame(longKeysStart + (load<u32>(entry, 8) as usize), key, length);
}

@inline
function isLongHalf(low: u64): bool {
  return (low & 0xff) == 0;
}

/** One record more. False when the count is at its end: nothing was added. */
@inline
export function addTo(entry: usize, value: i64): bool {
  const word = load<u64>(entry, 24);
  if ((word & COUNT_MAX) == COUNT_MAX) {
    isFull = true;
    return false;
  }
  const sum = load<u64>(entry, 16) + (value as u64);
  store<u64>(entry, sum, 16);
  const carry = (sum < (value as u64) ? 1 : 0) + ((value >> 63) as u64);
  store<u64>(entry, word + 1 + (carry << 32), 24);
  return true;
}

@inline
export function isLong(entry: usize): bool {
  return load<u8>(entry) == 0;
}

/** The bytes of a key and how many: in the entry itself, or among the long keys. */
export function keyLength(entry: usize): u32 {
  if (isLong(entry)) return load<u32>(entry, 12);
  const high = load<u64>(entry, 8);
  if (high != 0) return 16 - (clz(high) as u32) / 8;
  return 8 - (clz(load<u64>(entry)) as u32) / 8;
}

@inline
export function keyPlace(entry: usize): usize {
  return isLong(entry) ? longKeysStart + (load<u32>(entry, 8) as usize) : entry;
}

/** What was added up elsewhere. False, and nothing was added, beyond what so many records come to: no record leaves 96 bits then. */
export function addTotals(entry: usize, low: u64, high: i64, count: u64): bool {
  const word = load<u64>(entry, 24);
  const before = load<u64>(entry, 16);
  const sum = before + low;
  const sumHigh = ((word as i64) >> 32) + high + (sum < low ? 1 : 0);
  const sumCount = ((word & COUNT_MAX) + count) as i64;
  if (count > COUNT_MAX || sumCount > (COUNT_MAX as i64) || sumHigh > (sumCount - 1) >> 1 || sumHigh < -((sumCount + 1) >> 1)) return false;
  store<u64>(entry, sum, 16);
  store<u64>(entry, ((sumHigh as u64) << 32) | (sumCount as u64), 24);
  return true;
}

/** After the entries were moved. */
export function rebuildBuckets(): void {
  useBuckets(buckets);
}

@inline
function hashOf(low: u64, high: u64): u64 {
  return (low * PRIME_1) ^ (high * PRIME_2);
}

@inline
function bucketOf(hash: u64): usize {
  return TABLE + (((hash >> bucketShift) >> 7) as usize) * BUCKET_BYTES;
}

@inline
function tagOf(hash: u64): u32 {
  return (((hash >> bucketShift) as u32) & 0x7f) | 0x80;
}

/** Bit n: slot n of the bucket has this tag; 0 is that of a free slot. */
@inline
function tagsAt(bucket: usize, tag: u32): u32 {
  return i32x4.bitmask(i32x4.eq(i32x4.shr_u(v128.load(bucket), NUMBER_BITS), i32x4.splat(tag as i32))) as u32;
}

@inline
function entryIn(slot: u32): usize {
  return entriesStart - ENTRY_BYTES + ((slot & 0xffffff) as usize) * ENTRY_BYTES;
}

@inline
function nextBucket(bucket: usize): usize {
  const next = bucket + BUCKET_BYTES;
  return next == TABLE + (buckets as usize) * BUCKET_BYTES ? TABLE : next;
}

export function hashLong(key: usize, length: u32): u64 {
  let hash: u64 = (length as u64) * PRIME_2;
  for (let offset: usize = 0; offset < (length as usize); offset += 16) {
    hash = (rotl(hash, 29) ^ (load<u64>(key + offset) * PRIME_1)) + load<u64>(key + offset, 8) * PRIME_2;
    hash ^= hash >> 32;
  }
  return hash * PRIME_1;
}

function isSame(one: usize, other: usize, length: u32): bool {
  for (let offset: usize = 0; offset < (length as usize); offset += 16) {
    if (v128.any_true(v128.xor(v128.load(one + offset), v128.load(other + offset)))) return false;
  }
  return true;
}

function insertLong(slot: usize, tag: u32, low: u64, key: usize, length: u32): usize {
  const place = longKeysBytes;
  const paddedBytes = ((length as usize) + 15) & ~15;
  if (place + paddedBytes > longKeysAllocated) {
    isFull = true;
    return 0;
  }
  // Before the entry, which may make all hashes anew.
  memory.copy(longKeysStart + place, key, paddedBytes);
  const entry = insert(slot, tag, low, (place as u64) | ((length as u64) << 32));
  if (entry != 0) longKeysBytes += paddedBytes;
  return entry;
}

function insert(slot: usize, tag: u32, low: u64, high: u64): usize {
  if (entries == entriesAllocated) {
    isFull = true;
    return 0;
  }
  const entry = entriesStart + (entries as usize) * ENTRY_BYTES;
  entries++;
  store<u64>(entry, low);
  store<u64>(entry, high, 8);
  store<u64>(entry, 0, 16);
  store<u64>(entry, 0, 24);
  store<u32>(slot, entries | (tag << NUMBER_BITS));
  if (entries > entriesPerBuckets) useBuckets(2 * buckets);
  return entry;
}

/** For tests: no more entries than this. */
export function limitEntries(limit: u32): void {
  entriesLimit = limit;
}

/** Room for this many more if there can be, and for keys of this many bytes. Nothing else moves the memory, or anything in it. */
export function reserve(more: u32, moreKeyBytes: u32): void {
  const needed = min(entriesLimit as u64, (entries as u64) + (more as u64)) as u32;
  const neededKeyBytes = min(LONG_KEYS_BYTES_MAX, longKeysBytes + (moreKeyBytes as usize));
  if (needed <= entriesAllocated && neededKeyBytes <= longKeysAllocated) return;
  const wanted = needed <= entriesAllocated ? entriesAllocated : min(entriesLimit, max(needed, entriesAllocated + entriesAllocated / 4));
  const keyBytes = neededKeyBytes <= longKeysAllocated ? longKeysAllocated : max(neededKeyBytes, longKeysAllocated + longKeysAllocated / 2);
  const slots = max(slotsAllocated, slotsFor(wanted));
  const keysAt = TABLE + 4 * (slots as usize) + GAP_BYTES;
  const entriesAt = (keysAt + keyBytes + GAP_BYTES + 63) & ~63;
  const neededBytes = entriesAt + (wanted as usize) * ENTRY_BYTES + GAP_BYTES;
  const hasBytes = (memory.size() as usize) * PAGE_BYTES;
  if (neededBytes > hasBytes && memory.grow(((neededBytes - hasBytes + PAGE_BYTES - 1) / PAGE_BYTES) as i32) < 0) return;
  // Both only ever go up, so the last goes first.
  memory.copy(entriesAt, entriesStart, (entries as usize) * ENTRY_BYTES);
  memory.copy(keysAt, longKeysStart, longKeysBytes);
  memory.fill(entriesAt - GAP_BYTES, 0, GAP_BYTES);
  entriesStart = entriesAt;
  longKeysStart = keysAt;
  entriesAllocated = wanted;
  longKeysAllocated = keyBytes;
  slotsAllocated = slots;
}

/** A power of two. */
function slotsFor(count: u32): u32 {
  if (count >= SLOTS_MAX / 2) return SLOTS_MAX;
  return max(SLOTS_MIN, (1 as u32) << (32 - clz(2 * count)));
}

/** At most half of the slots are taken, but where there can be no more of them, three quarters. */
function useBuckets(count: u32): void {
  const slots = count * SLOTS_PER_BUCKET;
  buckets = count;
  bucketShift = 64 - 7 - (ctz(count) as u64);
  entriesPerBuckets = slots == SLOTS_MAX ? ENTRIES_MAX : slots / 2;
  // And what NO_SLOT asks beyond the last.
  memory.fill(TABLE, 0, 4 * (slots as usize) + BUCKET_BYTES);
  for (let number: u32 = 1; number <= entries; number++) {
    const entry = entryIn(number);
    const hash = isLong(entry) ? hashLong(keyPlace(entry), load<u32>(entry, 12)) : hashOf(load<u64>(entry), load<u64>(entry, 8));
    let bucket = bucketOf(hash);
    while (tagsAt(bucket, 0) == 0) bucket = nextBucket(bucket);
    store<u32>(bucket + 4 * (ctz(tagsAt(bucket, 0)) as usize), number | (tagOf(hash) << NUMBER_BITS));
  }
}
