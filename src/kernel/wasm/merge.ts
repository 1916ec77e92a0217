/**
 * Merges sorted runs of encoded entries into rows of CSV: key,sum,count. Each run lies in the memory as a window, which the host fills
 * again when less than one entry may be left of it. Sums must fit 63 bits, and so must those of all runs together.
 */
import { MERGE_OUTPUT, MERGE_OUTPUT_BYTES, MERGE_RUNS, MERGE_RUNS_MAX, MERGE_RUN_BYTES, MERGE_WINDOWS, MERGE_WINDOW_BYTES } from './memory';

/** The longest key with its numbers. */
const ENTRY_BYTES_MAX: usize = 0x5000;
/** A row with the longest key, every byte of which is a quote that is doubled. */
const ROW_BYTES_MAX: usize = 2 * ENTRY_BYTES_MAX + 64;
const COMMA: u8 = 0x2c;
const QUOTE: u8 = 0x22;
const CR: u8 = 0x0d;
const LF: u8 = 0x0a;

/** All runs are at their end. */
export const MERGED: i32 = -1;
/** The output is full. */
export const OUTPUT_FULL: i32 = -2;
/** A key holds the byte that would join its fields. */
export const AMBIGUOUS: i32 = -3;

let runs: u32 = 0;
let joiner: u8 = 0;
let periodBytes: u32 = 0;
let to: usize = MERGE_OUTPUT;
let number: u64 = 0;

/** Of what scanSums has passed. */
export let longestSum: u32 = 0;

// A run: where it goes on and where its window ends, the key of its next entry and its length, whether no more follows the window,
// whether the key was read, and the first eight bytes of the key in the order of bytes.
@inline
function runAt(run: u32): usize {
  return MERGE_RUNS + (run as usize) * MERGE_RUN_BYTES;
}

/** `fieldJoiner`: what stands between the fields of a key in a row. Where each key begins with a period, that is a cell of `periodLength` bytes. */
export function beginMerge(count: u32, fieldJoiner: u32, periodLength: u32): void {
  const neededPages = ((windowAddress(count) + 0xffff) >> 16) as i32;
  if (neededPages > memory.size()) memory.grow(neededPages - memory.size());
  runs = count;
  periodBytes = periodLength;
  joiner = fieldJoiner as u8;
  memory.fill(MERGE_RUNS, 0, (MERGE_RUNS_MAX as usize) * MERGE_RUN_BYTES);
  longestSum = 0;
  for (let run: u32 = 0; run < count; run++) setWindow(run, 0, false);
}

/** Moves what is left of the window to its start and gives how long it is: the host writes behind it, and says how much by setWindow. */
export function keepRest(run: u32): u32 {
  const at = runAt(run);
  const start: usize = load<u32>(at);
  const length = load<u32>(at, 4) - (start as u32);
  memory.copy(windowAddress(run), start, length);
  return length;
}

export function setWindow(run: u32, length: u32, isLast: bool): void {
  const at = runAt(run);
  const start = windowAddress(run);
  store<u32>(at, start as u32);
  store<u32>(at, (start as u32) + length, 4);
  store<u32>(at, isLast ? 1 : 0, 16);
  store<u32>(at, 0, 20);
}

export function windowAddress(run: u32): usize {
  return MERGE_WINDOWS + (run as usize) * MERGE_WINDOW_BYTES;
}

export function beginOutput(): void {
  to = MERGE_OUTPUT;
}

export function outputBytes(): u32 {
  return (to - MERGE_OUTPUT) as u32;
}

/** Goes on until a run, whose number this is, must be filled again, or else says why it stopped. */
export function merge(): i32 {
  while (true) {
    for (let run: u32 = 0; run < runs; run++) if (!hasKey(run)) return run as i32;
    const least = findLeast();
    if (least == runs) return MERGED;
    if (to + ROW_BYTES_MAX > MERGE_OUTPUT + MERGE_OUTPUT_BYTES) return OUTPUT_FULL;
    const first = runAt(least);
    const key: usize = load<u32>(first, 8);
    const length = load<u32>(first, 12);
    let sum: i64 = 0;
    let count: u64 = 0;
    for (let run = least; run < runs; run++) {
      const at = runAt(run);
      if (run != least && !isSameKey(at, first)) continue;
      let next = readNumber((load<u32>(at, 8) + load<u32>(at, 12)) as usize);
      sum += ((number >> 1) as i64) ^ -((number & 1) as i64);
      next = readNumber(next);
      count += number;
      store<u32>(at, next as u32);
      store<u32>(at, 0, 20);
    }
    if (!writeCells(key, length)) return AMBIGUOUS;
    store<u8>(to++, COMMA);
    writeSigned(sum);
    store<u8>(to++, COMMA);
    writeDecimal(count);
    store<u8>(to++, LF);
  }
}

/** False: its window must be filled first. A run at its end has none, and says so by a length of all bits. */
@inline
function hasKey(run: u32): bool {
  const at = runAt(run);
  return load<u32>(at, 20) != 0 || readKey(at);
}

function readKey(at: usize): bool {
  const start: usize = load<u32>(at);
  const end: usize = load<u32>(at, 4);
  const isLast = load<u32>(at, 16) != 0;
  if (!isLast && end - start < ENTRY_BYTES_MAX) return false;
  store<u32>(at, 1, 20);
  if (start == end) {
    store<u32>(at, 0xffffffff, 12);
    return true;
  }
  const key = readNumber(start);
  const length = number as u32;
  store<u32>(at, key as u32, 8);
  store<u32>(at, length, 12);
  // Beyond a short key it has zeros, so that it sorts before those that it begins.
  const bytes = load<u64>(key);
  store<u64>(at, bswap(length >= 8 ? bytes : bytes & (((1 as u64) << (8 * (length as u64))) - 1)), 24);
  return true;
}

@inline
function isAtEnd(at: usize): bool {
  return load<u32>(at, 12) == 0xffffffff;
}

function findLeast(): u32 {
  let least: u32 = runs;
  for (let run: u32 = 0; run < runs; run++) {
    const at = runAt(run);
    if (isAtEnd(at)) continue;
    if (least == runs || isBefore(at, runAt(least))) least = run;
  }
  return least;
}

@inline
function isBefore(one: usize, other: usize): bool {
  const prefix = load<u64>(one, 24);
  const otherPrefix = load<u64>(other, 24);
  return prefix != otherPrefix ? prefix < otherPrefix : compareKeys(one, other) < 0;
}

@inline
function isSameKey(one: usize, other: usize): bool {
  return !isAtEnd(one) && load<u64>(one, 24) == load<u64>(other, 24) && compareKeys(one, other) == 0;
}

function compareKeys(one: usize, other: usize): i32 {
  const length = load<u32>(one, 12);
  const otherLength = load<u32>(other, 12);
  if (length > 8 && otherLength > 8) {
    const order = memory.compare((load<u32>(one, 8) + 8) as usize, (load<u32>(other, 8) + 8) as usize, (min(length, otherLength) - 8) as usize);
    if (order != 0) return order;
  }
  return length < otherLength ? -1 : length > otherLength ? 1 : 0;
}

/** Into `number`; gives what follows it. Seven bits a byte, lowest first, the highest bit set on all but the last. */
@inline
function readNumber(start: usize): usize {
  let at = start;
  let byte = load<u8>(at++);
  let value = (byte & 0x7f) as u64;
  for (let shift: u64 = 7; byte >= 0x80; shift += 7) {
    byte = load<u8>(at++);
    value |= ((byte & 0x7f) as u64) << shift;
  }
  number = value;
  return at;
}

function writeCells(key: usize, length: u32): bool {
  if (periodBytes == 0) return writeKey(key, length);
  memory.copy(to, key, periodBytes);
  to += periodBytes;
  store<u8>(to++, COMMA);
  return writeKey(key + periodBytes + 1, length - periodBytes - 1);
}

/** As one cell of CSV. False where a field holds the joiner. */
function writeKey(key: usize, length: u32): bool {
  let isQuoted = false;
  let fields: u32 = 1;
  let joiners: u32 = 0;
  for (let index: usize = 0; index < (length as usize); index++) {
    const byte = load<u8>(key + index);
    if (byte == 0) fields++;
    else if (byte == joiner) joiners++;
    const written = byte == 0 ? joiner : byte;
    if (written == COMMA || written == QUOTE || written == CR || written == LF) isQuoted = true;
  }
  if (fields == 1 && !isQuoted) {
    memory.copy(to, key, length);
    to += length;
    return true;
  }
  if (fields > 1 && joiners > 0) return false;
  if (isQuoted) store<u8>(to++, QUOTE);
  for (let index: usize = 0; index < (length as usize); index++) {
    const byte = load<u8>(key + index);
    if (byte == QUOTE) store<u8>(to++, QUOTE);
    store<u8>(to++, byte == 0 ? joiner : byte);
  }
  if (isQuoted) store<u8>(to++, QUOTE);
  return true;
}

function writeSigned(value: i64): void {
  if (value < 0) store<u8>(to++, 0x2d);
  writeDecimal((value < 0 ? -value : value) as u64);
}

function writeDecimal(value: u64): void {
  let digits: usize = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  let rest = value;
  for (let at = to + digits - 1; at >= to; at--) {
    store<u8>(at, 0x30 + ((rest % 10) as u8));
    rest /= 10;
  }
  to += digits;
}

/** The longest sum of a whole run, in bytes, in the window of run 0: MERGED says that it is at its end, anything else that it must be filled. */
export function scanSums(): i32 {
  const at = runAt(0);
  while (true) {
    store<u32>(at, 0, 20);
    if (!readKey(at)) return 0;
    if (isAtEnd(at)) return MERGED;
    const sum = (load<u32>(at, 8) + load<u32>(at, 12)) as usize;
    let next = sum;
    while (load<u8>(next) >= 0x80) next++;
    longestSum = max(longestSum, (next - sum + 1) as u32);
    next++;
    while (load<u8>(next) >= 0x80) next++;
    store<u32>(at, (next + 1) as u32);
  }
}

