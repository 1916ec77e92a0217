/**
 * The shortest way, for lines of a small number, a delimiter, a number: a key of up to six digits without a leading zero is the place
 * of its sum. One pass: a line is found, parsed and added before the next is looked for. Whatever else a line is, it ends the run.
 */
import { CHUNK_BYTES, NUMBERS, NUMBERS_MAX, NUMBER_BYTES } from './memory';
import { bitsOf } from './line-index';
import { isWholeNumber, lastDigits, powerOfTen, readShort, toSmallInteger } from './values';

const LF: u8 = 0x0a;
const CR: u8 = 0x0d;
const ZERO: u8 = 0x30;
const TOP_BITS: u64 = 0x8080808080808080;
const KEY_DIGITS_MAX: usize = 6;
/** A count of the table holds as many. */
const COUNT_MAX: u64 = 0xffffffff;
const INT64_MAX: u64 = 0x7fffffffffffffff;
/** More decimal places would leave too few records to a sum of 63 bits. */
export const PAIRS_SCALE_MAX: i32 = 3;
/** A file of other lines is not looked at in this way for long: so many lines for each that ended a run, once these were taken. */
const LINES_PER_RUN_MIN: u64 = 64;
const LINES_AT_FIRST: u64 = 4096;

/** Lines that the last run took. */
export let pairs: u32 = 0;
/** Places that hold something lie below this. */
export let numbersEnd: u32 = 0;
/** Records since the numbers were moved into the table. */
let recordsHeld: u64 = 0;

/** Of values with eight digits, scaled, as many have a sum of less than 63 bits. */
let recordsMax: u64 = COUNT_MAX;
let delimiter: u8 = 0;
/** Runs that a line ended. */
let runsEnded: u64 = 0;

export function setPairsFormat(delimiterByte: u8, scale: i32): void {
  delimiter = delimiterByte;
  recordsMax = min(COUNT_MAX, INT64_MAX / (100000000 * (powerOfTen(scale) as u64)));
}

export function isWorthwhile(): bool {
  return recordsHeld + CHUNK_BYTES < recordsMax && runsEnded * LINES_PER_RUN_MIN <= recordsHeld + LINES_AT_FIRST;
}

/** Takes lines from the line start `start` on that begin before `limit` and end before `end`. Gives the start of the first one not taken. */
export function takePairs(start: usize, limit: usize, end: usize): usize {
  const isWhole = isWholeNumber();
  const separators = i8x16.splat(delimiter as i8);
  const feeds = i8x16.splat(LF as i8);
  let lineStart = start;
  let taken: u32 = 0;
  let top: u32 = 0;
  // Of the line that goes on from one block into the next; where it has none yet, a place that can be read.
  let delimiters: u32 = 0;
  let delimiterAt: usize = start;
  for (let at = start; at < end; at += 64) {
    const a = v128.load(at, 0);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const within = end - at < 64 ? ((1 as u64) << ((end - at) as u64)) - 1 : ~(0 as u64);
    let feedBits = bitsOf(a, b, c, d, feeds) & within;
    let delimiterBits = bitsOf(a, b, c, d, separators) & within;
    while (feedBits != 0) {
      const feed = at + (ctz(feedBits) as usize);
      const ofLine = delimiterBits & (feedBits ^ (feedBits - 1));
      if (ofLine != 0) delimiterAt = at + (ctz(ofLine) as usize);
      delimiters += popcnt(ofLine) as u32;
      const valueEnd = feed - (load<u8>(feed - 1) == CR ? 1 : 0);
      const keyBytes = delimiterAt - lineStart;
      const valueBytes = valueEnd - delimiterAt - 1;
      // Where there is no such field the lengths are anything.
      const key = lastDigits(delimiterAt, keyBytes & 15);
      const characters = lastDigits(valueEnd, valueBytes & 15);
      let value: i64;
      let odd: u64 = (key + 0x7676767676767676) | key;
      if (isWhole) {
        odd |= (characters + 0x7676767676767676) | characters;
        value = toSmallInteger(characters);
      } else {
        value = readShort(characters, valueBytes);
        odd |= (value >> 63) as u64;
      }
      odd &= TOP_BITS;
      const isZeroFirst = load<u8>(lineStart) == ZERO && keyBytes != 1;
      if (delimiters != 1 || keyBytes - 1 >= KEY_DIGITS_MAX || valueBytes - 1 >= 8 || odd != 0 || isZeroFirst || lineStart >= limit) {
        runsEnded++;
        finish(taken, top);
        return lineStart;
      }
      const number = toSmallInteger(key) as u32;
      const place = NUMBERS + (number as usize) * NUMBER_BYTES;
      store<u64>(place, load<u64>(place) + (value as u64));
      store<u64>(place, load<u64>(place, 8) + 1, 8);
      top |= number;
      taken++;
      lineStart = feed + 1;
      delimiters = 0;
      delimiterBits &= ~(feedBits ^ (feedBits - 1));
      feedBits &= feedBits - 1;
    }
    if (delimiterBits != 0) {
      delimiterAt = at + (ctz(delimiterBits) as usize);
      delimiters += popcnt(delimiterBits) as u32;
    }
  }
  finish(taken, top);
  return lineStart;
}

/** `top`: all bits of the numbers. */
function finish(taken: u32, top: u32): void {
  pairs = taken;
  recordsHeld += taken;
  // Below the next power of two lie all numbers that have no other bits.
  if (taken > 0) numbersEnd = max(numbersEnd, min(NUMBERS_MAX, top == 0 ? 1 : (1 as u32) << (32 - clz(top))));
}

export function clearNumbers(): void {
  memory.fill(NUMBERS, 0, (numbersEnd as usize) * NUMBER_BYTES);
  numbersEnd = 0;
  recordsHeld = 0;
  runsEnded = 0;
}
