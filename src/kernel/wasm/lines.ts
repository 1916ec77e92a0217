/**
 * Second pass: parses the lines of a window into the batch, as long as the grammar accepts them beyond doubt. The first other line ends
 * it, and the general way judges that one; so this changes the speed and nothing else.
 */
import { addLongToBatch, addToBatch, areKeysFull, batchEnd, keyInBatch, putRecord, setBatchEnd } from './batch';
import { appendField, beginKey, endKey, isKeyField } from './keys';
import { setDelimiter } from './line-index';
import {
  KEY_FIELDS,
  LEFT_FILLS,
  LEFT_MASKS,
  LINE_ENDS,
  LINE_FEEDS,
  LINE_QUOTES,
  POSITIONS,
  WINDOW_BYTES,
  leftMask,
} from './memory';
import { findPeriod } from './timestamps';
import { NO_VALUE, isWholeNumber, lastDigits, readValue, toSmallInteger } from './values';

const CR: u8 = 0x0d;
const QUOTE: u8 = 0x22;
const TOP_BITS: u64 = 0x8080808080808080;


export let isWhitespace: bool = false;
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
export let isCsv: bool = false;
/** The field that names the period of a record, or -1. */
let periodField: i32 = -1;
/** Most lines may take the shorter way through here. */
let isPlain: bool = false;
/** And most of those the shortest, see pairs.ts. */
export let arePairs: bool = false;
/** The line that came last was not looked at: there was no room for its key. */
export let isBatchFull: bool = false;
/** The content of the field that findContent looked at last. */
let contentStart: usize = 0;
let contentEnd: usize = 0;

/** Fields count from 0 here; those of the key lie at KEY_FIELDS. `period` is the field that names it, or -1. */
export function setLineFormat(delimiter: i32, csv: bool, fields: u32, keys: u32, value: u32, period: i32, lineBytes: usize): void {
  isCsv = csv;
  periodField = period;
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
  isPlain = hasOneKey && !isPicky && period < 0;
  arePairs = isPlain && !csv && fields == 2 && keyField == 0 && valueField == 1;
}

/** Where a line of the window begins; that of the number of lines: where the next one would. */
@inline
export function startOfLine(line: u32, start: usize): usize {
  return line == 0 ? start : (load<u32>(LINE_FEEDS - 4 + 4 * (line as usize)) as usize) + 1;
}

/** Parses lines into the batch, which has room for all, and gives the first that it does not take. The window begins at `start`. */
export function parseLines(from: u32, stop: u32, start: usize): u32 {
  isBatchFull = false;
  if (isPlain) return parsePlainLines(from, stop, start, startOf(keyField), endOf(keyField), startOf(valueField), endOf(valueField));
  for (let line = from; line < stop; line++) if (!parseLine(line, start)) return line;
  return stop;
}

/**
 * The same for the commonest formats: one key field, and one byte that separates. What is not a key of up to 16 plain characters and a
 * plain value takes the longer way. The offsets are those of the positions where key and value begin and end.
 */
export function parsePlainLines(from: u32, stop: u32, start: usize, keyStartAt: usize, keyEndAt: usize, valueStartAt: usize, valueEndAt: usize): u32 {
  const wanted = positionsPerLine;
  const returnsOfKey = isKeyLast;
  const returnsOfValue = isValueLast;
  const isWhole = isWholeNumber();
  let first: u32 = firstPositionOf(from);
  let to = batchEnd();
  for (let line = from; line < stop; line++) {
    const lineAt: usize = 4 * (line as usize);
    const next = load<u32>(lineAt, LINE_ENDS);
    const at: usize = 4 * (first as usize);
    const isRecord = next - first == wanted && !(isCsv && hasQuotes(line));
    first = next;
    if (isRecord) {
      const returns: usize = load<u8>((load<u32>(lineAt, LINE_FEEDS) as usize) - 1) == CR ? 1 : 0;
      const keyStart: usize = load<u32>(at + keyStartAt, POSITIONS) + 1;
      const keyBytes = (load<u32>(at + keyEndAt, POSITIONS) as usize) - (returns & returnsOfKey) - keyStart;
      const valueStart: usize = load<u32>(at + valueStartAt, POSITIONS) + 1;
      const valueEnd = (load<u32>(at + valueEndAt, POSITIONS) as usize) - (returns & returnsOfValue);
      const valueBytes = valueEnd - valueStart;
      let odd: u64 = 0;
      let value: i64;
      if (isWhole && valueBytes - 1 < 8) {
        const digits = lastDigits(valueEnd, valueBytes);
        odd = (digits + 0x7676767676767676) | digits;
        value = toSmallInteger(digits);
      } else {
        value = readValue(valueStart, valueEnd);
        if (value == NO_VALUE) odd = TOP_BITS;
      }
      if (keyBytes - 1 < 8) {
        const key = load<u64>(keyStart) & load<u64>(16 * keyBytes, LEFT_MASKS);
        odd |= oddCharacters(key | load<u64>(16 * keyBytes, LEFT_FILLS));
        if ((odd & TOP_BITS) == 0) {
          to = putRecord(to, key, 0, value, line);
          continue;
        }
      } else if (keyBytes - 1 < 16) {
        const low = load<u64>(keyStart);
        const high = load<u64>(keyStart, 8) & load<u64>(16 * keyBytes, LEFT_MASKS + 8);
        odd |= oddCharacters(low) | oddCharacters(high | load<u64>(16 * keyBytes, LEFT_FILLS + 8));
        if ((odd & TOP_BITS) == 0) {
          to = putRecord(to, low, high, value, line);
          continue;
        }
      }
    }
    setBatchEnd(to);
    if (!parseLine(line, start)) return line;
    to = batchEnd();
  }
  setBatchEnd(to);
  return stop;
}

/** The highest bit of a byte is set where it, or one before it, is no printable ASCII character. */
@inline
function oddCharacters(characters: u64): u64 {
  return (characters - 0x2020202020202020) | (characters + 0x0101010101010101);
}

/** One line into the batch, if it has a record; false when it is for the general way. */
function parseLine(line: u32, start: usize): bool {
  const first = firstPositionOf(line);
  const positions = load<u32>(LINE_ENDS + 4 * (line as usize)) - first;
  if (positions != positionsPerLine) return isBlank(line, start, positions);
  const at: usize = 4 * (first as usize);
  const feed: usize = load<u32>(LINE_FEEDS + 4 * (line as usize));
  const returns: usize = load<u8>(feed - 1) == CR ? 1 : 0;
  if (isPicky && !isFit(line, start, feed, returns, at)) return false;
  const isQuoted = hasQuotes(line);
  if (isQuoted && !areQuotesPlain(line, at, returns)) return false;
  findContent(at, valueField, returns, isQuoted);
  const value = readValue(contentStart, contentEnd);
  if (value == NO_VALUE) return false;
  if (hasOneKey && periodField < 0) {
    findContent(at, keyField, returns, isQuoted);
    if (contentEnd - contentStart - 1 < 16) return addShort(contentStart, contentEnd, value, line);
  }
  if (areKeysFull()) {
    isBatchFull = true;
    return false;
  }
  beginKey(keyInBatch());
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
  return addJoined(value, line);
}

/** Of a line: the number of its first position. */
@inline
function firstPositionOf(line: u32): u32 {
  return line == 0 ? firstPosition : load<u32>(LINE_ENDS - 4 + 4 * (line as usize));
}

function isBlank(line: u32, start: usize, positions: u32): bool {
  const at = startOfLine(line, start);
  const feed = load<u32>(LINE_FEEDS + 4 * (line as usize)) as usize;
  if (isWhitespace) return positions == 0 && feed - at <= maxLineBytes;
  return positions == 1 && (feed == at || (feed == at + 1 && load<u8>(at) == CR));
}

@inline
function hasQuotes(line: u32): bool {
  return isCsv && quotesOf(line) != 0;
}

@inline
function quotesOf(line: u32): u32 {
  return load<u32>(LINE_QUOTES + 4 * (line as usize)) - (line == 0 ? 0 : load<u32>(LINE_QUOTES - 4 + 4 * (line as usize)));
}

/** Every field is quoted as a whole or not at all, and quotes within are doubled, which none of those may have that are read. */
function areQuotesPlain(line: u32, at: usize, returns: usize): bool {
  let around: u32 = 0;
  for (let field: u32 = 0; field <= lastField; field++) around += findContent(at, field, returns, true) ? 2 : 0;
  // Most often there are no others, and nobody has to look for them.
  if (around == quotesOf(line)) return true;
  for (let field: u32 = 0; field <= lastField; field++) {
    const isQuoted = findContent(at, field, returns, true);
    for (let index = contentStart; index < contentEnd; index++) {
      if (load<u8>(index) != QUOTE) continue;
      if (!isQuoted || isRead(field) || ++index == contentEnd || load<u8>(index) != QUOTE) return false;
    }
  }
  return true;
}

function isRead(field: u32): bool {
  if (field == valueField || (field as i32) == periodField) return true;
  for (let index: usize = 0; index < (keyFieldCount as usize); index++) if (load<u32>(KEY_FIELDS + 4 * index) == field) return true;
  return false;
}

/** Into contentStart and contentEnd: without the quotes around it, if it has them. A quote that has no other is content. */
function findContent(at: usize, field: u32, returns: usize, mayBeQuoted: bool): bool {
  let from: usize = load<u32>(POSITIONS + at + startOf(field)) + (startPlus as u32);
  let to: usize = load<u32>(POSITIONS + at + endOf(field)) - ((field == lastField ? returns : 0) as u32);
  const isQuoted = mayBeQuoted && to - from >= 2 && to > from && load<u8>(from) == QUOTE && load<u8>(to - 1) == QUOTE;
  if (isQuoted) {
    from++;
    to--;
  }
  contentStart = from;
  contentEnd = to;
  return isQuoted;
}

/** What most formats need not ask. */
function isFit(line: u32, start: usize, feed: usize, returns: usize, at: usize): bool {
  if (feed - returns - startOfLine(line, start) > maxLineBytes) return false;
  // A CR alone is no field.
  return !isWhitespace || returns == 0 || (load<u32>(POSITIONS + at + startOf(lastField)) as usize) + 1 != feed;
}

/** A record with a key of up to 16 bytes; false when it is none. */
@inline
function addShort(start: usize, end: usize, value: i64, line: u32): bool {
  const mask = leftMask(end - start);
  const raw = v128.load(start);
  const odd = v128.and(v128.or(i8x16.lt_s(raw, i8x16.splat(0x20)), i8x16.eq(raw, i8x16.splat(0x7f))), mask);
  if (v128.any_true(odd) && !isKeyField(start, end)) return false;
  addKey(v128.and(raw, mask), value, line);
  return true;
}

/** A record with the key that was put together. */
function addJoined(value: i64, line: u32): bool {
  const length = endKey();
  if (length <= 16) addKey(v128.load(keyInBatch()), value, line);
  else addLongToBatch(length, value, line);
  return true;
}

@inline
function addKey(key: v128, value: i64, line: u32): void {
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
