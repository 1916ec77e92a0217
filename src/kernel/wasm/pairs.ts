/**
 * The shortest way, for lines of a small number, a delimiter, a number: the key is the place of its sum in an array. Four lines at a time, from
 * four places of a window, since where a line ends is known so late that the processor would wait for it. A line of another kind ends the run, and
 * what was added of lines behind it is taken back.
 */
import { CHUNK_BYTES, NARROW_MAX, NUMBERS, NUMBERS_MAX, NUMBER_BYTES } from './memory';
import {
  FEEDS,
  HUNDREDS,
  MARKS,
  ONE_RECORD,
  PAIR_BYTES_MAX,
  SEPARATORS,
  TENS,
  TEN_THOUSANDS,
  ZEROS,
  addAt,
  digitsOf,
  expectEndOf,
  integersOf,
  isOdd,
  numberOf,
  placeOfByte,
  recordOf,
  totalsOf,
  widenKeys,
} from './pair-line';
import { clearParts, putBy, takeFullParts, takeParts } from './parts';

const WINDOW_BYTES: usize = 0x8000;
/** Smaller ones are read line by line. Each quarter is longer than a line. */
const QUARTER_BYTES_MIN: usize = 32;
/** Values have eight digits at most, so that the sum of so many stays below 2^63. */
const RECORDS_MAX: u64 = (1 as u64) << 36;
/** A file of other lines is not looked at in this way for long: so many lines for each that ended a run, once these were taken. */
const LINES_PER_RUN_MIN: u64 = 64;
const LINES_AT_FIRST: u64 = 4096;

/** Lines that the last run took. */
export let pairs: u32 = 0;
/** Places that hold something lie below this. */
export let numbersEnd: u32 = 0;
/** Records of the split. */
let recordsHeld: u64 = 0;
/** Runs that a line ended, and the records before them, since this way was last given a chance. */
let runsEnded: u64 = 0;
let recordsBefore: u64 = 0;
/** All bits of the places that were added to. */
let placeBits: usize = 0;
/** Keys have up to seven digits. */
let isWide: bool = false;
/** The memory of places below was written once. */
export let touchedEnd: u32 = 0;
/** The next line of each quarter. */
let first: usize = 0;
let second: usize = 0;
let third: usize = 0;
let fourth: usize = 0;

export function isWorthwhile(): bool {
  return recordsHeld + CHUNK_BYTES < RECORDS_MAX && runsEnded * LINES_PER_RUN_MIN <= recordsHeld - recordsBefore + LINES_AT_FIRST;
}

/** Lines to come may be others than those before. */
export function tryAgain(): void {
  runsEnded = 0;
  recordsBefore = recordsHeld;
}

/** Takes lines from the line start `start` on that begin before `limit` and end before `end`, but for the last few. Gives the start of the first not taken. */
export function takePairs(start: usize, limit: usize, end: usize): usize {
  pairs = 0;
  placeBits = 0;
  // 16 bytes are looked at, whatever a line has.
  const stop = min(limit, end - PAIR_BYTES_MAX + 1);
  if (start >= stop) return start;
  expectEndOf(start);
  let at = start;
  while (at < stop) {
    const windowEnd = min(stop, at + WINDOW_BYTES);
    if (isWide) takeFullParts();
    at = takeWindow(at, windowEnd);
    if (at < windowEnd) {
      runsEnded++;
      break;
    }
  }
  recordsHeld += pairs;
  // Below the next power of two lie all places that have no other bits.
  const highest = (placeBits >> 4) as u32;
  if (pairs > 0) numbersEnd = max(numbersEnd, min(NUMBERS_MAX, highest == 0 ? 1 : (1 as u32) << (32 - clz(highest))));
  return at;
}

/** Lines that begin before `stop`. */
function takeWindow(start: usize, stop: usize): usize {
  const quarter = (stop - start) >> 2;
  if (quarter < QUARTER_BYTES_MIN) return takeOneByOne(start, stop);
  const secondStart = lineBehind(start + quarter);
  const thirdStart = lineBehind(start + 2 * quarter);
  const fourthStart = lineBehind(start + 3 * quarter);
  if (secondStart == 0 || thirdStart == 0 || fourthStart == 0) return takeOneByOne(start, stop);
  first = start;
  second = secondStart;
  third = thirdStart;
  fourth = fourthStart;
  for (;;) {
    const room = min(min(secondStart - first, thirdStart - second), min(fourthStart - third, stop - fourth));
    const turns = (room / PAIR_BYTES_MAX) as u32;
    if (turns == 0 || takeTurns(turns) < turns) break;
  }
  let at = takeOneByOne(first, secondStart);
  if (at >= secondStart) at = takeOneByOne(second, thirdStart);
  else takeBack(secondStart, second);
  if (at >= thirdStart) at = takeOneByOne(third, fourthStart);
  else takeBack(thirdStart, third);
  if (at >= fourthStart) at = takeOneByOne(fourth, stop);
  else takeBack(fourthStart, fourth);
  return at;
}

/** The start of the line behind the next line feed, which a short line has within 16 bytes; or 0. */
function lineBehind(at: usize): usize {
  const feed = placeOfByte(v128.load(at), v128.load(FEEDS));
  return feed < PAIR_BYTES_MAX ? at + feed + 1 : 0;
}

/** A line of each quarter in each turn, until one is odd. Gives the turns that were taken. */
export function takeTurns(turns: u32): u32 {
  const feeds = v128.load(FEEDS);
  const separators = v128.load(SEPARATORS);
  const zeros = v128.load(ZEROS);
  const marks = v128.load(MARKS);
  const tens = v128.load(TENS);
  const hundreds = v128.load(HUNDREDS);
  const tenThousands = v128.load(TEN_THOUSANDS);
  const oneRecord = v128.load(ONE_RECORD);
  const wide = isWide;
  let a = first;
  let b = second;
  let c = third;
  let d = fourth;
  let bits: usize = 0;
  let turn: u32 = 0;
  for (; turn < turns; turn++) {
    const lineA = v128.load(a);
    const lineB = v128.load(b);
    const lineC = v128.load(c);
    const lineD = v128.load(d);
    const feedA = placeOfByte(lineA, feeds);
    const feedB = placeOfByte(lineB, feeds);
    const feedC = placeOfByte(lineC, feeds);
    const feedD = placeOfByte(lineD, feeds);
    const delimiterA = placeOfByte(lineA, separators);
    const delimiterB = placeOfByte(lineB, separators);
    const delimiterC = placeOfByte(lineC, separators);
    const delimiterD = placeOfByte(lineD, separators);
    const digitsA = digitsOf(lineA, delimiterA, feedA, zeros, marks);
    const digitsB = digitsOf(lineB, delimiterB, feedB, zeros, marks);
    const digitsC = digitsOf(lineC, delimiterC, feedC, zeros, marks);
    const digitsD = digitsOf(lineD, delimiterD, feedD, zeros, marks);
    if (isOdd(i8x16.max_u(i8x16.max_u(digitsA, digitsB), i8x16.max_u(digitsC, digitsD)))) break;
    bits |= add(integersOf(digitsA, tens, hundreds, tenThousands, oneRecord), delimiterA, wide);
    bits |= add(integersOf(digitsB, tens, hundreds, tenThousands, oneRecord), delimiterB, wide);
    bits |= add(integersOf(digitsC, tens, hundreds, tenThousands, oneRecord), delimiterC, wide);
    bits |= add(integersOf(digitsD, tens, hundreds, tenThousands, oneRecord), delimiterD, wide);
    a += feedA + 1;
    b += feedB + 1;
    c += feedC + 1;
    d += feedD + 1;
  }
  first = a;
  second = b;
  third = c;
  fourth = d;
  placeBits |= bits;
  pairs += 4 * turn;
  return turn;
}

@inline
function add(integers: v128, delimiter: usize, wide: bool): usize {
  const number = numberOf(integers, delimiter);
  if (wide) {
    putBy(recordOf(integers, delimiter));
    return number;
  }
  addAt(number, totalsOf(integers));
  return number;
}

function takeOneByOne(start: usize, stop: usize): usize {
  let at = start;
  while (at < stop) {
    const line = v128.load(at);
    const feed = placeOfByte(line, v128.load(FEEDS));
    const delimiter = placeOfByte(line, v128.load(SEPARATORS));
    const digits = digitsOf(line, delimiter, feed, v128.load(ZEROS), v128.load(MARKS));
    if (isOdd(digits)) break;
    placeBits |= add(readIntegers(digits), delimiter, false);
    pairs++;
    at += feed + 1;
  }
  return at;
}

/** Lines that were taken are behind one that is not. */
function takeBack(start: usize, stop: usize): void {
  let at = start;
  while (at < stop) {
    const line = v128.load(at);
    const feed = placeOfByte(line, v128.load(FEEDS));
    const delimiter = placeOfByte(line, v128.load(SEPARATORS));
    const integers = readIntegers(digitsOf(line, delimiter, feed, v128.load(ZEROS), v128.load(MARKS)));
    addAt(numberOf(integers, delimiter), i64x2.neg(totalsOf(integers)));
    pairs--;
    at += feed + 1;
  }
}

@inline
function readIntegers(digits: v128): v128 {
  return integersOf(digits, v128.load(TENS), v128.load(HUNDREDS), v128.load(TEN_THOUSANDS), v128.load(ONE_RECORD));
}

/**
 * Nothing is held yet, and many keys are to come. Memory that is written first is one page fault; where it is read first, as a sum is,
 * the system shares one page of zeros at first and then interrupts the other processors to take it away again.
 */
export function touchNumbers(): void {
  touch(0, NARROW_MAX);
}

/** Places between, of which none is held. */
function touch(start: u32, end: u32): void {
  const from = max(start, touchedEnd);
  if (from < end) memory.fill(NUMBERS + (from as usize) * NUMBER_BYTES, 0, ((end - from) as usize) * NUMBER_BYTES);
  touchedEnd = max(touchedEnd, end);
}

/** From now on keys may have a digit more. */
export function widen(): void {
  touch(NARROW_MAX, NUMBERS_MAX);
  widenKeys();
  clearParts();
  isWide = true;
  tryAgain();
}

/** A partial is made: all records of before are added up. */
export function settleNumbers(): void {
  if (isWide) takeParts();
  tryAgain();
}

export function clearNumbers(): void {
  memory.fill(NUMBERS, 0, (numbersEnd as usize) * NUMBER_BYTES);
  isWide = false;
  numbersEnd = 0;
  recordsHeld = 0;
  tryAgain();
}
