/** Takes runs of lines out of a chunk: window by window, each in batches. */
import { batchRecords, clearBatch, lineOf, takeBatch } from './batch';
import { indexCsvLines, indexLines, indexWhitespaceLines } from './line-index';
import { isBatchFull, isCsv, isWhitespace, parseLines, startOfLine } from './lines';
import { BATCH_RECORDS, WINDOW_BYTES, WINDOW_BYTES_MIN } from './memory';

export let records: u32 = 0;
export let blanks: u32 = 0;

let windowBytes: usize = WINDOW_BYTES;
/** The last line looked at is one for the general way, or there was no room. */
let isRefused: bool = false;

/** Takes lines from the line start `start` on that begin before `limit` and end before `end`. Gives the start of the first one not taken. */
export function takeRun(start: usize, limit: usize, end: usize): usize {
  records = 0;
  blanks = 0;
  let at = start;
  while (at < limit) {
    const windowEnd = min(end, at + windowBytes);
    const lines = isWhitespace ? indexWhitespaceLines(at, windowEnd) : isCsv ? indexCsvLines(at, windowEnd) : indexLines(at, windowEnd);
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
  return at;
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
