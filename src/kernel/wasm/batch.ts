/**
 * Parsed records on their way into the table. One step parses, one guesses where each key is, one looks there and adds: in short steps
 * the processor waits for the memory of many records at once. A record: the key, padded with zeros, the value, the guess, and the
 * number of its line. A key of more than 16 bytes lies beside; in the record are its hash, its place and its length, as table.ts says.
 */
import { BATCH, BATCH_KEYS, BATCH_KEYS_BYTES, BATCH_RECORD_BYTES } from './memory';
import { LONG_HASH, addTo, findFrom, guessEntry, hashLong } from './table';

let end: usize = BATCH;
let keysEnd: usize = BATCH_KEYS;

export function clearBatch(): void {
  end = BATCH;
  keysEnd = BATCH_KEYS;
}

@inline
export function batchRecords(): u32 {
  return ((end - BATCH) / BATCH_RECORD_BYTES) as u32;
}

/** For a loop that keeps it by itself, with putRecord. */
@inline
export function batchEnd(): usize {
  return end;
}

@inline
export function setBatchEnd(at: usize): void {
  end = at;
}

/** A record at `at`; gives where the next one goes. */
@inline
export function putRecord(at: usize, low: u64, high: u64, value: i64, line: u32): usize {
  store<u64>(at, low);
  store<u64>(at, high, 8);
  store<i64>(at, value, 16);
  store<u64>(at, (line as u64) << 32, 24);
  return at + BATCH_RECORD_BYTES;
}

@inline
export function addToBatch(low: u64, high: u64, value: i64, line: u32): void {
  end = putRecord(end, low, high, value, line);
}

/** Where a key may be put together that is added then. */
@inline
export function keyInBatch(): usize {
  return keysEnd;
}

/** There may be no room for one more. */
@inline
export function areKeysFull(): bool {
  return keysEnd > BATCH_KEYS + BATCH_KEYS_BYTES;
}

/** A record with the key of `length` bytes, more than 16, at keyInBatch. */
export function addLongToBatch(length: u32, value: i64, line: u32): void {
  addToBatch(hashLong(keysEnd, length) & LONG_HASH, (keysEnd as u64) | ((length as u64) << 32), value, line);
  keysEnd += ((length as usize) + 15) & ~15;
}

@inline
export function lineOf(record: u32): u32 {
  return load<u32>(BATCH + (record as usize) * BATCH_RECORD_BYTES, 28);
}

/** Adds all, or those before the first for which there is no room; gives how many. */
export function takeBatch(): u32 {
  const stop = end;
  for (let at = BATCH; at != stop; at += BATCH_RECORD_BYTES) store<u32>(at, guessEntry(load<u64>(at), load<u64>(at, 8)) as u32, 24);
  let at = BATCH;
  for (; at != stop; at += BATCH_RECORD_BYTES) {
    const entry = findFrom(load<u32>(at, 24), load<u64>(at), load<u64>(at, 8));
    if (entry == 0 || !addTo(entry, load<i64>(at, 16))) break;
  }
  return ((at - BATCH) / BATCH_RECORD_BYTES) as u32;
}
