/** Takes runs of lines out of a chunk: window by window, each in batches. */
import { batchRecords, clearBatch, lineOf, takeBatch } from './batch';
import { indexCsvLines, indexLines, indexWhitespaceLines } from './line-index';
import { arePairs, isBatchFull, isCsv, isWhitespace, parseLines, startOfLine } from './lines';
import { BATCH_RECORDS, WINDOW_BYTES, WINDOW_BYTES_MIN } from './memory';
import { PAIRS_SCALE_MAX, canWiden, setPairsFormat } from './pair-line';
import { clearNumbers, isWorthwhile, pairs, takePairs, touchNumbers, widen } from './pairs';
import { entries } from './table';

export let records: u32 = 0;
export let blanks: u32 = 0;

/** For short files the numbers would take longer to clear than to count. */
const PAIRS_FROM_BYTES: u64 = 1 << 20;
/** Of the first mebibyte. */
const MANY_ENTRIES: u32 = 1 << 15;
/** So many entries take no less memory than a good part of the numbers of seven digits, and more time to find. */
const WIDE_FROM_ENTRIES: u32 = 1 << 20;

let windowBytes: usize = WINDOW_BYTES;
/** Of the split so far, and when the shortest way may be taken. */
let takenBytes: u64 = 0;
let usesPairs: bool = false;
let pairsFromBytes: u64 = PAIRS_FROM_BYTES;
/** The shortest way was taken before in this split. */
let isHolding: bool = false;
/** The last line looked at is one for the general way, or there was no room. */
let isRefused: bool = false;

/** Takes lines from the line start `start` on that begin before `limit` and end before `end`. Gives the start of the first one not taken. */
export function takeRun(start: usize, limit: usize, end: usize): usize {
  records = 0;
  blanks = 0;
  if (usesPairs && entries >= WIDE_FROM_ENTRIES && canWiden()) widen();
  let at = start;
  while (at < limit) {
    if (usesPairs && takenBytes >= pairsFromBytes && isWorthwhile()) {
      if (!isHolding && entries > MANY_ENTRIES) touchNumbers();
      isHolding = true;
      at = takePairs(at, limit, end);
      records += pairs;
      // One line of another kind, and a few more.
      windowBytes = WINDOW_BYTES_MIN;
      if (at >= limit) break;
    }
    let windowEnd = min(end, at + windowBytes);
    let lines = indexWindow(at, windowEnd);
    // The first line may only be longer than a small window.
    while (lines == 0 && windowEnd < end && windowBytes < WINDOW_BYTES) {
      windowBytes = min(WINDOW_BYTES, 2 * windowBytes);
      windowEnd = min(end, at + windowBytes);
      lines = indexWindow(at, windowEnd);
    }
    const wanted = windowEnd > limit ? linesBefore(limit, lines, at) : lines;
    if (wanted == 0) break;
    at = takeLines(wanted, at);
    if (isRefused) {
      // Another may follow.
      windowBytes = WINDOW_BYTES_MIN;
      break;
    }
    windowBytes = min(WINDOW_BYTES, 2 * windowBytes);
  }
  takenBytes += (at - start) as u64;
  return at;
}

@inline
function indexWindow(start: usize, end: usize): u32 {
  return isWhitespace ? indexWhitespaceLines(start, end) : isCsv ? indexCsvLines(start, end) : indexLines(start, end);
}

/** A split begins. */
export function beginRuns(): void {
  usesPairs = false;
  takenBytes = 0;
  isHolding = false;
  windowBytes = WINDOW_BYTES;
  clearNumbers();
}

/** How its lines are read is known. */
export function beginLines(delimiter: i32, scale: i32, allowNegative: bool): void {
  usesPairs = arePairs && !allowNegative && scale <= PAIRS_SCALE_MAX;
  if (usesPairs) setPairsFormat(delimiter, scale);
}

/** For tests: the shortest way from the first byte on, or never. */
export function takePairsFrom(bytes: f64): void {
  pairsFromBytes = bytes as u64;
}

function linesBefore(limit: usize, lines: u32, start: usize): u32 {
  let count = lines;
  while (count > 0 && startOfLine(count - 1, start) >= limit) count--;
  return count;
}

/** The lines of the window, in batches. Gives the start of the first that was not taken. */
function takeLines(lines: u32, start: usize): usize {
  let line: u32 = 0;
  while (line < lines) {
    clearBatch();
    const stop = min(lines, line + BATCH_RECORDS);
    const parsed = parseLines(line, stop, start);
    const wanted = batchRecords();
    const taken = takeBatch();
    const next = taken < wanted ? lineOf(taken) : parsed;
    records += taken;
    blanks += next - line - taken;
    line = next;
    isRefused = taken < wanted || (next < stop && !isBatchFull);
    if (isRefused) break;
  }
  return startOfLine(line, start);
}
