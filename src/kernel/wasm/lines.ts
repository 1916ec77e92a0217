/**
 * Second pass: takes the lines of a window into the table, as long as the grammar accepts them beyond doubt. The first other line ends
 * it, and the general way judges that one; so this changes the speed and nothing else.
 */
import { addEntryToBatch, addToBatch, batchRecords, clearBatch, isBatchFull, lineOf, takeBatch } from './batch';
import { appendField, beginKey, endKey, isKeyField } from './keys';
import { indexCsvLines, indexLines, indexWhitespaceLines, setDelimiter } from './line-index';
import {
  KEY_FIELDS,
  LEFT_FILLS,
  LEFT_MASKS,
  LINE_ENDS,
  LINE_FEEDS,
  LINE_QUOTES,
  POSITIONS,
  SCRATCH_KEY,
  WINDOW_BYTES,
  WINDOW_BYTES_MIN,
  leftMask,
} from './memory';
import { findLong, findShort } from './table';
import { findPeriod } from './timestamps';
import { NO_VALUE, readValue } from './values';

const CR: u8 = 0x0d;
const QUOTE: u8 = 0x22;

export let records: u32 = 0;
export let blanks: u32 = 0;

let isWhitespace: bool = false;
/** Positions that a line has, the number of the window's first, and what lies between a position and the field that begins there. */
let positionsPerLine: u32 = 0;
let firstPosition: u32 = 0;
let startPlus: usize = 0;
let keyFieldCount: u32 = 0;
let keyField: u32 = 0;
let hasOneKey: bool = false;
let valueField: u32 = 0;
let lastField: u32 = 0;
/** 1 where the CR before a line feed stands at the end of that field. */
let isKeyLast: usize = 0;
let isValueLast: usize = 0;
let maxLineBytes: usize = 0;
/** A line that fits a window may still be none. */
let isPicky: bool = false;
let isCsv: bool = false;
/** The field that names the period of a record, or -1. */
let periodField: i32 = -1;
/** Some lines take the longer way through here. */
let isGeneral: bool = false;
/** The content of the field that fieldOf looked at last. */
let contentStart: usize = 0;
let contentEnd: usize = 0;
let windowBytes: usize = WINDOW_BYTES;
/** The last line looked at is one for the general way, or there was no room. */
let isRefused: bool = false;

/** Fields count from 0 here; those of the key lie at KEY_FIELDS. `period` is the field that names it, or -1. */
export function setLineFormat(delimiter: i32, csv: bool, fields: u32, keys: u32, value: u32, period: i32, lineBytes: usize): void {
  isCsv = csv;
  periodField = period;
  isGeneral = csv || period >= 0;
  isWhitespace = delimiter < 0;
  if (!isWhitespace) setDelimiter(delimiter as u8);
  positionsPerLine = isWhitespace ? 2 * fields : fields;
  firstPosition = isWhitespace ? 0 : 1;
  startPlus = isWhitespace ? 0 : 1;
  keyFieldCount = keys;
  keyField = load<u32>(KEY_FIELDS);
  hasOneKey = keys == 1;
  valueField = value;
  lastField = fields - 1;
  isKeyLast = keyField == lastField ? 1 : 0;
  isValueLast = valueField == lastField ? 1 : 0;
  maxLineBytes = lineBytes;
  isPicky = isWhitespace || lineBytes < WINDOW_BYTES;
  windowBytes = WINDOW_BYTES;
}

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

/** Where a line of the window begins; that of the number of lines: where the next one would. */
@inline
function startOfLine(line: u32, start: usize): usize {
  return line == 0 ? start : (load<u32>(LINE_FEEDS - 4 + 4 * (line as usize)) as usize) + 1;
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
    const parsed = parseLines(
      line,
      lines,
      start,
      POSITIONS + startOf(keyField),
      POSITIONS + endOf(keyField),
      POSITIONS + startOf(valueField),
      POSITIONS + endOf(valueField),
    );
    const wanted = batchRecords();
    const taken = takeBatch();
    const next = taken < wanted ? lineOf(taken) : parsed;
    records += taken;
    blanks += next - line - taken;
    line = next;
    if (taken < wanted) isRefused = true;
    if (isRefused) break;
  }
  return startOfLine(line, start);
}

/** Parses lines into the batch. The addresses are those of the positions where a field of the window's first line begins and ends. */
function parseLines(from: u32, lines: u32, start: usize, keyStartAt: usize, keyEndAt: usize, valueStartAt: usize, valueEndAt: usize): u32 {
  const wanted = positionsPerLine;
  const plus = startPlus as u32;
  let first: u32 = from == 0 ? firstPosition : load<u32>(LINE_ENDS - 4 + 4 * (from as usize));
  let line = from;
  for (; line < lines && !isBatchFull(); line++) {
    const next = load<u32>(LINE_ENDS + 4 * (line as usize));
    if (next - first != wanted) {
      if (!isBlank(line, start, next - first)) break;
      first = next;
      continue;
    }
    const at: usize = 4 * (first as usize);
    if (isGeneral && (periodField >= 0 || hasQuotes(line))) {
      if (!addGeneral(at, line, start)) break;
      first = next;
      continue;
    }
    const feed: usize = load<u32>(LINE_FEEDS + 4 * (line as usize));
    const returns: usize = load<u8>(feed - 1) == CR ? 1 : 0;
    if (isPicky && !isFit(line, start, feed, returns, at)) break;
    const valueStart: usize = load<u32>(at + valueStartAt) + plus;
    const valueEnd: usize = load<u32>(at + valueEndAt) - ((returns & isValueLast) as u32);
    const value = readValue(valueStart, valueEnd);
    if (value == NO_VALUE) break;
    const keyStart: usize = load<u32>(at + keyStartAt) + plus;
    const keyEnd: usize = load<u32>(at + keyEndAt) - ((returns & isKeyLast) as u32);
    const keyBytes = keyEnd - keyStart;
    if (keyBytes - 1 < 8 && hasOneKey) {
      const key = load<u64>(keyStart) & load<u64>(LEFT_MASKS + 16 * keyBytes);
      const filled = key | load<u64>(LEFT_FILLS + 16 * keyBytes);
      const odd = ((filled - 0x2020202020202020) | (filled + 0x0101010101010101)) & 0x8080808080808080;
      if (odd != 0 && !isKeyField(keyStart, keyEnd)) break;
      addToBatch(key, 0, value, line);
    } else if (!(hasOneKey && keyBytes - 1 < 16 ? addMiddle(keyStart, keyEnd, value, line) : addJoined(at, returns, value, line))) break;
    first = next;
  }
  isRefused = line < lines && !isBatchFull();
  return line;
}

function isBlank(line: u32, start: usize, positions: u32): bool {
  const at = startOfLine(line, start);
  const feed = load<u32>(LINE_FEEDS + 4 * (line as usize)) as usize;
  if (isWhitespace) return positions == 0 && feed - at <= maxLineBytes;
  return positions == 1 && (feed == at || (feed == at + 1 && load<u8>(at) == CR));
}

@inline
function hasQuotes(line: u32): bool {
  return isCsv && load<u32>(LINE_QUOTES + 4 * (line as usize)) != (line == 0 ? 0 : load<u32>(LINE_QUOTES - 4 + 4 * (line as usize)));
}

/** A record with quotes in its line, or with a period of its own; false when it is for the general way. */
function addGeneral(at: usize, line: u32, start: usize): bool {
  const feed: usize = load<u32>(LINE_FEEDS + 4 * (line as usize));
  const returns: usize = load<u8>(feed - 1) == CR ? 1 : 0;
  if (isPicky && !isFit(line, start, feed, returns, at)) return false;
  const isQuoted = hasQuotes(line);
  if (isQuoted && !areQuotesPlain(at, returns)) return false;
  findContent(at, valueField, returns, isQuoted);
  const value = readValue(contentStart, contentEnd);
  if (value == NO_VALUE) return false;
  beginKey();
  if (periodField >= 0) {
    findContent(at, periodField as u32, returns, isQuoted);
    const period = findPeriod(contentStart, contentEnd);
    if (period == 0) return false;
    appendField(period, period + load<u32>(period - 4));
  }
  for (let index: u32 = 0; index < keyFieldCount; index++) {
    findContent(at, load<u32>(KEY_FIELDS + 4 * (index as usize)), returns, isQuoted);
    if (!isKeyField(contentStart, contentEnd)) return false;
    appendField(contentStart, contentEnd);
  }
  return addScratch(value, line);
}

/** Every field is quoted as a whole or not at all, and holds no quote beside. */
function areQuotesPlain(at: usize, returns: usize): bool {
  for (let field: u32 = 0; field <= lastField; field++) {
    findContent(at, field, returns, true);
    for (let index = contentStart; index < contentEnd; index++) if (load<u8>(index) == QUOTE) return false;
  }
  return true;
}

/** Into contentStart and contentEnd: without the quotes around it. A quote that has no other is content. */
function findContent(at: usize, field: u32, returns: usize, isQuoted: bool): void {
  let from: usize = load<u32>(POSITIONS + at + startOf(field)) + (startPlus as u32);
  let to: usize = load<u32>(POSITIONS + at + endOf(field)) - ((field == lastField ? returns : 0) as u32);
  if (isQuoted && to - from >= 2 && to > from && load<u8>(from) == QUOTE && load<u8>(to - 1) == QUOTE) {
    from++;
    to--;
  }
  contentStart = from;
  contentEnd = to;
}

/** What most formats need not ask. */
function isFit(line: u32, start: usize, feed: usize, returns: usize, at: usize): bool {
  if (feed - returns - startOfLine(line, start) > maxLineBytes) return false;
  // A CR alone is no field.
  return !isWhitespace || returns == 0 || (load<u32>(POSITIONS + at + startOf(lastField)) as usize) + 1 != feed;
}

/** A record with a key of 9 to 16 bytes; false when it is none. */
function addMiddle(start: usize, end: usize, value: i64, line: u32): bool {
  const mask = leftMask(end - start);
  const raw = v128.load(start);
  const odd = v128.and(v128.or(i8x16.lt_s(raw, i8x16.splat(0x20)), i8x16.eq(raw, i8x16.splat(0x7f))), mask);
  if (v128.any_true(odd) && !isKeyField(start, end)) return false;
  addShort(v128.and(raw, mask), value, line);
  return true;
}

/** The same for one of several fields, or one that no vector holds. */
function addJoined(at: usize, returns: usize, value: i64, line: u32): bool {
  beginKey();
  for (let index: u32 = 0; index < keyFieldCount; index++) {
    const field = load<u32>(KEY_FIELDS + 4 * (index as usize));
    const start = (load<u32>(POSITIONS + at + startOf(field)) as usize) + startPlus;
    const end = (load<u32>(POSITIONS + at + endOf(field)) as usize) - (field == lastField ? returns : 0);
    if (!isKeyField(start, end)) return false;
    appendField(start, end);
  }
  return addScratch(value, line);
}

/** A record with the key that was put together; false when there is no room. */
function addScratch(value: i64, line: u32): bool {
  const length = endKey();
  if (length <= 16) {
    addShort(v128.load(SCRATCH_KEY), value, line);
    return true;
  }
  const entry = findLong(SCRATCH_KEY, length);
  if (entry == 0) return false;
  addEntryToBatch(entry, value, line);
  return true;
}

function addShort(key: v128, value: i64, line: u32): void {
  addToBatch(v128.extract_lane<u64>(key, 0), v128.extract_lane<u64>(key, 1), value, line);
}

/** From the first position of a line, in bytes: where it says that a field begins. A delimiter is one byte before a field, and before that of the line's own. */
@inline
function startOf(field: u32): usize {
  return isWhitespace ? 8 * (field as usize) : 4 * (field as usize) - 4;
}

@inline
function endOf(field: u32): usize {
  return isWhitespace ? 8 * (field as usize) + 4 : 4 * (field as usize);
}

@inline
export function findScratch(length: u32): usize {
  return length <= 16 ? findShort(v128.load(SCRATCH_KEY)) : findLong(SCRATCH_KEY, length);
}
