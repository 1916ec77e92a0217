/** What the host sees of the kernel; src/kernel/kernel-instance.ts says what each means. */
import { padKey } from './keys';
import { setLineFormat } from './lines';
import { CHUNK, CHUNK_BYTES, KEY_FIELDS, MERGE_OUTPUT, NARROW_MAX, OUTPUT, SCRATCH_KEY, fillMasks } from './memory';
import { addTo, addTotals, findKey } from './table';
import { setValueFormat } from './values';
import { beginLines } from './run';

export { beginEncoding, encodeEntries, encodedBytes, encodedCount, longestEncodedSum } from './encode';
// The inner loops are exported so that the compiler leaves each in a function of its own, where what they are given stays in registers.
export { takeBatch } from './batch';
export { indexLines } from './line-index';
export { parsePlainLines } from './lines';
export { foldNumbers } from './numbers';
export { takeTurns, touchedEnd } from './pairs';
export { takePart } from './parts';
export { beginRuns, blanks, records, takePairsFrom, takeRun } from './run';
export {
  beginMerge,
  beginOutput,
  keepRest,
  longestSum,
  merge,
  outputBytes,
  scanSums,
  setWindow,
  windowAddress,
} from './merge';
export { sortEntries } from './sort';
export { notePeriod, setTimestamps } from './timestamps';
export { clearTable, entries, isFull, limitEntries, reserve } from './table';

export const chunkAddress: usize = CHUNK;
export const chunkBytes: usize = CHUNK_BYTES;
export const keyFieldsAddress: usize = KEY_FIELDS;
export const outputAddress: usize = OUTPUT;
export const mergeOutputAddress: usize = MERGE_OUTPUT;
export const narrowMax: u32 = NARROW_MAX;
export const keyAddress: usize = SCRATCH_KEY;

/**
 * Fields count from 0; those of the key lie at keyFieldsAddress. A delimiter of -1: runs of spaces and tabs. `period`: the field that
 * names the period of a record, or -1.
 */
export function useFormat(delimiter: i32, csv: bool, fields: u32, keys: u32, value: u32, period: i32, lineBytesMax: u32, scale: i32, allowNegative: bool): void {
  fillMasks();
  setValueFormat(scale, allowNegative);
  setLineFormat(delimiter, csv, fields, keys, value, period, lineBytesMax);
  beginLines(delimiter, scale, allowNegative);
}

/** One record of the key of `length` bytes at keyAddress. False when there is no room. */
export function addRecord(length: u32, value: i64): bool {
  padKey(SCRATCH_KEY, length);
  const entry = findKey(SCRATCH_KEY, length);
  return entry != 0 && addTo(entry, value);
}

/** What was added up elsewhere: a sum of 128 bits. False when there is no room. */
export function addSum(length: u32, low: u64, high: i64, count: u64): bool {
  padKey(SCRATCH_KEY, length);
  const entry = findKey(SCRATCH_KEY, length);
  return entry != 0 && addTotals(entry, low, high, count);
}
