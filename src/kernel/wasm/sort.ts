/**
 * Sorts the entries by the bytes of their keys, in place: by one byte after the other, each part by its next (McIlroy, Bostic, McIlroy:
 * Engineering Radix Sort, 1993), short parts by insertion. Beyond SORT_LEVELS_MAX parts within parts, by a heap.
 */
import { ENTRY_BYTES, SORT_COUNTERS, SORT_LEVELS_MAX, SORT_LEVEL_BYTES } from './memory';
import { entries, entriesStart, isLong, keyLength, keyPlace, rebuildBuckets } from './table';

const INSERTION_MAX: u32 = 24;
const BUCKETS: u32 = 256;

export function sortEntries(): void {
  if (isSorted()) return;
  sortPart(0, entries, 0, 0);
  rebuildBuckets();
}

function isSorted(): bool {
  for (let index: u32 = 1; index < entries; index++) {
    if (compare(entryAt(index - 1), entryAt(index), 0) > 0) return false;
  }
  return true;
}

@inline
function entryAt(index: u32): usize {
  return entriesStart + (index as usize) * ENTRY_BYTES;
}

/** Beyond its end a key goes on with zeros, which sorts it before those that it begins. */
@inline
function byteAt(entry: usize, depth: u32): u32 {
  if (!isLong(entry)) return depth < 16 ? load<u8>(entry + (depth as usize)) : 0;
  return depth < load<u32>(entry, 12) ? load<u8>(keyPlace(entry) + (depth as usize)) : 0;
}

function sortPart(from: u32, to: u32, startDepth: u32, level: u32): void {
  let depth = startDepth;
  while (true) {
    if (to - from <= INSERTION_MAX) return sortByInsertion(from, to, depth);
    if (level == SORT_LEVELS_MAX) return sortByHeap(from, to, depth);
    const counters = SORT_COUNTERS + (level as usize) * SORT_LEVEL_BYTES;
    memory.fill(counters, 0, 4 * (BUCKETS as usize));
    for (let index = from; index < to; index++) {
      const counter = counters + 4 * (byteAt(entryAt(index), depth) as usize);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    if (load<u32>(counters + 4 * (byteAt(entryAt(from), depth) as usize)) != to - from) {
      permute(from, depth, counters);
      let start = from;
      for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
        const end = load<u32>(counters + 4 * (bucket as usize));
        if (end - start > 1) sortPart(start, end, depth + 1, level + 1);
        start = end;
      }
      return;
    }
    // All alike: no part of its own.
    depth++;
  }
}

/** Puts each entry into the part of its byte. Afterwards the counters hold where the parts end. */
function permute(from: u32, depth: u32, counters: usize): void {
  const cursors = counters + 4 * (BUCKETS as usize);
  let end = from;
  for (let bucket: usize = 0; bucket < BUCKETS; bucket++) {
    store<u32>(cursors + 4 * bucket, end);
    end += load<u32>(counters + 4 * bucket);
    store<u32>(counters + 4 * bucket, end);
  }
  for (let bucket: usize = 0; bucket < BUCKETS; bucket++) {
    const bucketEnd = load<u32>(counters + 4 * bucket);
    let cursor = load<u32>(cursors + 4 * bucket);
    while (cursor < bucketEnd) {
      const entry = entryAt(cursor);
      const wanted = byteAt(entry, depth) as usize;
      if (wanted == bucket) {
        cursor++;
        continue;
      }
      const place = cursors + 4 * wanted;
      const other = load<u32>(place);
      store<u32>(place, other + 1);
      swap(entry, entryAt(other));
    }
    store<u32>(cursors + 4 * bucket, cursor);
  }
}

function sortByInsertion(from: u32, to: u32, depth: u32): void {
  for (let index = from + 1; index < to; index++) {
    for (let place = index; place > from && compare(entryAt(place - 1), entryAt(place), depth) > 0; place--) swap(entryAt(place - 1), entryAt(place));
  }
}

function sortByHeap(from: u32, to: u32, depth: u32): void {
  const size = to - from;
  for (let root = size / 2; root > 0; root--) siftDown(from, root - 1, size, depth);
  for (let end = size - 1; end > 0; end--) {
    swap(entryAt(from), entryAt(from + end));
    siftDown(from, 0, end, depth);
  }
}

function siftDown(from: u32, start: u32, size: u32, depth: u32): void {
  let root: u32 = start;
  while (true) {
    let child: u32 = 2 * root + 1;
    if (child >= size) return;
    if (child + 1 < size && compare(entryAt(from + child), entryAt(from + child + 1), depth) < 0) child++;
    if (compare(entryAt(from + root), entryAt(from + child), depth) >= 0) return;
    swap(entryAt(from + root), entryAt(from + child));
    root = child;
  }
}

/** By the bytes from `depth` on. */
function compare(one: usize, other: usize, depth: u32): i32 {
  if (!isLong(one) && !isLong(other)) {
    const low = bswap(load<u64>(one));
    const otherLow = bswap(load<u64>(other));
    if (low != otherLow) return low < otherLow ? -1 : 1;
    const high = bswap(load<u64>(one, 8));
    const otherHigh = bswap(load<u64>(other, 8));
    return high < otherHigh ? -1 : high > otherHigh ? 1 : 0;
  }
  const length = max(keyLength(one), keyLength(other));
  for (let index = depth; index < length; index++) {
    const difference = (byteAt(one, index) as i32) - (byteAt(other, index) as i32);
    if (difference != 0) return difference;
  }
  return 0;
}

@inline
function swap(one: usize, other: usize): void {
  const key = v128.load(one);
  const totals = v128.load(one, 16);
  v128.store(one, v128.load(other));
  v128.store(one, v128.load(other, 16), 16);
  v128.store(other, key);
  v128.store(other, totals, 16);
}
