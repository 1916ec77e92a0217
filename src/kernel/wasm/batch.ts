/**
 * Parsed records on their way into the table. One step parses, one guesses where each key is, one looks there and adds: in short steps
 * the processor waits for the memory of many records at once. A record: the key, padded with zeros, the value, the guess, and the
 * number of its line. Where a key has more than 16 bytes it is that of its entry, which is the guess already.
 */
import { BATCH, BATCH_RECORDS, BATCH_RECORD_BYTES } from './memory';
import { addTo, findFrom, guessEntry } from './table';

let end: usize = BATCH;

export function clearBatch(): void {
  end = BATCH;
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

/** A record at `at` with a key of up to 8 bytes; gives where the next one goes. */
@inline
export function putRecord(at: usize, key: u64, value: i64, line: u32): usize {
  store<u64>(at, key);
  store<u64>(at, 0, 8);
  store<i64>(at, value, 16);
  store<u64>(at, (line as u64) << 32, 24);
  return at + BATCH_RECORD_BYTES;
}

@inline
export function addToBatch(low: u64, high: u64, value: i64, line: u32): void {
  const at = end;
  end = putRecord(at, low, value, line);
  store<u64>(at, high, 8);
}

/** The same for a longer key, whose entry is known. */
export function addEntryToBatch(entry: usize, value: i64, line: u32): void {
  const at = end;
  addToBatch(load<u64>(entry), load<u64>(entry, 8), value, line);
  store<u32>(at, entry as u32, 24);
}

@inline
export function lineOf(record: u32): u32 {
  return load<u32>(BATCH + (record as usize) * BATCH_RECORD_BYTES, 28);
}

/** Adds all, or those before the first for which there is no room; gives how many. */
export function takeBatch(): u32 {
  const stop = end;
  for (let at = BATCH; at != stop; at += BATCH_RECORD_BYTES) {
    if (load<u32>(at, 24) == 0) store<u32>(at, guessEntry(load<u64>(at), load<u64>(at, 8)) as u32, 24);
  }
  let at = BATCH;
  for (; at != stop; at += BATCH_RECORD_BYTES) {
    const entry = findFrom(load<u32>(at, 24), load<u64>(at), load<u64>(at, 8));
    if (entry == 0 || !addTo(entry, load<i64>(at, 16))) break;
  }
  return ((at - BATCH) / BATCH_RECORD_BYTES) as u32;
}
