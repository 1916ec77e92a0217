/**
 * One short line of a small number, a delimiter, a number, read by a dozen instructions for 16 bytes: where its delimiter and its line feed
 * are gives the shape by which its digits are put where they count. Any other line shows as a lane that is too great.
 */
import { LINE_SHAPES, LINE_SHAPES_BYTES, NUMBERS, NUMBER_STARTS, PAIR_VECTORS } from './memory';

const LF: i8 = 0x0a;
const CR: i8 = 0x0d;
const POINT: i8 = 0x2e;
const ZERO: i8 = 0x30;
export const KEY_DIGITS_MAX: usize = 7;
/** At first: the places of longer ones lie so far apart that only very many keys are worth them. */
const KEY_DIGITS_AT_FIRST: usize = 6;
const VALUE_DIGITS_MAX: usize = 8;
/** A decimal point takes one place, and one digit stands before it. */
export const PAIRS_SCALE_MAX: i32 = 7;
/** Lines are as long at most, with what ends them. */
export const PAIR_BYTES_MAX: usize = 16;

// Vectors that a loop loads once and hands on; the compiler would build them, or load them, anew for every line.
export const SEPARATORS: usize = PAIR_VECTORS;
export const FEEDS: usize = SEPARATORS + 16;
export const ZEROS: usize = FEEDS + 16;
/** What the lanes of a shape hold that are no digits: what ends the line, and the decimal point. */
export const MARKS: usize = ZEROS + 16;
/** In 16 bits: 256 times ten times the first digit and the second, and then the first, which a shift takes out. */
export const TENS: usize = MARKS + 16;
export const HUNDREDS: usize = TENS + 16;
export const TEN_THOUSANDS: usize = HUNDREDS + 16;
export const ONE_RECORD: usize = TEN_THOUSANDS + 16;
/** A digit is 9 at most, a mark nothing but what it should be. */
const GREATEST: usize = ONE_RECORD + 16;
const END_LANE: usize = 0;
/** The first digit of seven has it where there is no point. */
const POINT_LANE: usize = 1;
/** Behind the last digit of a key. */
const KEY_LANES: usize = 8;
const VALUE_LANES: usize = 16;

/** Of a key. */
export let digitsMax: usize = KEY_DIGITS_AT_FIRST;
let decimals: usize = 0;
/** Lines end with CR LF. */
let hasReturns: bool = false;

export function setPairsFormat(delimiter: i32, scale: i32): void {
  decimals = scale;
  digitsMax = KEY_DIGITS_AT_FIRST;
  v128.store(SEPARATORS, i8x16.splat(delimiter as i8));
  v128.store(FEEDS, i8x16.splat(LF));
  v128.store(ZEROS, i8x16.splat(ZERO));
  v128.store(TENS, i16x8.splat(2561));
  v128.store(HUNDREDS, i32x4.splat(100 | (1 << 16)));
  v128.store(TEN_THOUSANDS, i32x4.splat(10000 | (1 << 16)));
  v128.store(ONE_RECORD, i32x4(0, 0, 0, 1));
  // Numbers of as many digits lie together, so that a leading zero makes another key.
  let start: u32 = 0;
  let many: u32 = 10;
  for (let keyBytes: usize = 1; keyBytes <= KEY_DIGITS_MAX; keyBytes++) {
    store<u32>(NUMBER_STARTS + 4 * keyBytes, start);
    start += many;
    many *= 10;
  }
  fillShapes(false);
}

/** Keys may have a digit more from now on. */
export function widenKeys(): void {
  digitsMax = KEY_DIGITS_MAX;
  fillShapes(hasReturns);
}

/** The first of seven digits has the lane of the decimal point. */
@inline
export function canWiden(): bool {
  return digitsMax < KEY_DIGITS_MAX && decimals == 0;
}

/** As the first line ends, others of the file will. */
export function expectEndOf(start: usize): void {
  const feed = placeOfByte(v128.load(start), v128.load(FEEDS));
  const isReturn = feed > 0 && feed < PAIR_BYTES_MAX && load<u8>(start + feed - 1) == (CR as u8);
  if (isReturn != hasReturns) fillShapes(isReturn);
}

/** Shape (d, f): where each lane comes from in a line whose delimiter is its byte d and whose line feed is its byte f; 32 for none within 16. */
function fillShapes(returns: bool): void {
  hasReturns = returns;
  memory.fill(LINE_SHAPES, 0xff, LINE_SHAPES_BYTES);
  const pointBytes: usize = decimals > 0 ? 1 : 0;
  for (let delimiter: usize = 1; delimiter <= digitsMax; delimiter++) {
    for (let feed: usize = delimiter + 2; feed < PAIR_BYTES_MAX; feed++) {
      const end = returns ? feed - 1 : feed;
      const digits = end - delimiter - 1 - pointBytes;
      // Without a digit before the point there are fewer of them, or less than none.
      if (digits - decimals - 1 >= VALUE_DIGITS_MAX - decimals) continue;
      const shape = shapeOf(delimiter, feed);
      store<u8>(shape + END_LANE, end as u8);
      for (let byte: usize = 0; byte < delimiter; byte++) store<u8>(shape + KEY_LANES - delimiter + byte, byte as u8);
      for (let digit: usize = 0; digit < digits; digit++) {
        const isBehindPoint = digit < decimals;
        store<u8>(shape + VALUE_LANES - 1 - digit, (end - 1 - digit - (isBehindPoint ? 0 : pointBytes)) as u8);
      }
      if (decimals > 0) store<u8>(shape + POINT_LANE, (end - decimals - 1) as u8);
    }
  }
  const marks = i8x16.replace_lane(i8x16.splat(0), 0, (returns ? CR : LF) - ZERO);
  v128.store(MARKS, decimals > 0 ? i8x16.replace_lane(marks, 1, POINT - ZERO) : marks);
  const greatest = i8x16.replace_lane(i8x16.splat(9), 0, 0);
  v128.store(GREATEST, decimals > 0 ? i8x16.replace_lane(greatest, 1, 0) : greatest);
}

@inline
function shapeOf(delimiter: usize, feed: usize): usize {
  return LINE_SHAPES + (delimiter << 10) + (feed << 4);
}

/** Where the first of this byte is within 16, or 32. */
@inline
export function placeOfByte(raw: v128, byte: v128): usize {
  return ctz(i8x16.bitmask(i8x16.eq(raw, byte))) as usize;
}

/** The key's digits in the first eight lanes, the value's in the others, and marks as 0. */
@inline
export function digitsOf(raw: v128, delimiter: usize, feed: usize, zeros: v128, marks: v128): v128 {
  return i8x16.sub(i8x16.swizzle(i8x16.sub(raw, zeros), v128.load(shapeOf(delimiter, feed))), marks);
}

/** Some line is none of a small number and a number. `digits`: the greatest of each lane. */
@inline
export function isOdd(digits: v128): bool {
  return v128.any_true(i8x16.gt_u(digits, v128.load(GREATEST)));
}

/** Key and value, each of eight digits: in pairs, in fours, in all. Then the number 1 in the last lane. */
@inline
export function integersOf(digits: v128, tens: v128, hundreds: v128, tenThousands: v128, oneRecord: v128): v128 {
  const fours = i32x4.dot_i16x8_s(i16x8.shr_u(i16x8.mul(digits, tens), 8), hundreds);
  return i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, oneRecord), tenThousands);
}

/** Where the key's sum and count are, from NUMBERS on. */
@inline
export function numberOf(integers: v128, delimiter: usize): usize {
  return (((i32x4.extract_lane(integers, 0) as u32) + load<u32>(4 * delimiter, NUMBER_STARTS)) as usize) << 4;
}

/** As parts.ts takes it. */
@inline
export function recordOf(integers: v128, delimiter: usize): u64 {
  return (i64x2.extract_lane(integers, 0) as u64) + (load<u32>(4 * delimiter, NUMBER_STARTS) as u64);
}

/** Sum and count of one record. */
@inline
export function totalsOf(integers: v128): v128 {
  return i64x2.shr_u(integers, 32);
}

@inline
export function addAt(number: usize, totals: v128): void {
  v128.store(number, i64x2.add(v128.load(number, NUMBERS), totals), NUMBERS);
}
