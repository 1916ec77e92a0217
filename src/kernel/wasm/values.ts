/** Values of at most 16 characters that give at most 18 digits once they are scaled, all read at once. Any other is left to the general way. */
import { POINT_SHIFTS, RIGHT_MASKS, rightMask } from './memory';

const POINT: i8 = 0x2e;
const MINUS: u8 = 0x2d;
const DIGITS_MAX: i32 = 18;
const TOP_BITS: u64 = 0x8080808080808080;
/** Eight of them, as lastDigits gives them. */
const POINTS: u64 = 0x1e1e1e1e1e1e1e1e;

/** What readValue gives for what it does not take. No value of 18 digits is that large. */
export const NO_VALUE: i64 = i64.MIN_VALUE;

let scale: i32 = 0;
let allowNegative: bool = false;

export function setValueFormat(decimals: i32, mayBeNegative: bool): void {
  scale = decimals;
  allowNegative = mayBeNegative;
}

/** Values are digits and nothing else. */
export function isWholeNumber(): bool {
  return scale == 0 && !allowNegative;
}

/** The last `length` bytes before `end`, at most 8, less 0x30 each: digits if none is more than 9. */
@inline
export function lastDigits(end: usize, length: usize): u64 {
  return (load<u64>(end - 8) ^ 0x3030303030303030) & load<u64>(16 * length, RIGHT_MASKS + 8);
}

/** Eight digits, the last one highest: in pairs, in fours, in all. */
@inline
export function toSmallInteger(digits: u64): i64 {
  const pairs = (digits * 2561) >> 8;
  const fours = ((pairs & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return (((fours & 0x0000ffff0000ffff) * 42949672960001) >> 32) as i64;
}

/** At most 16 digits and nothing else as an integer, or -1. */
export function readDigits(start: usize, end: usize): i64 {
  const length = end - start;
  if (length - 1 >= 16) return -1;
  const digits = v128.and(v128.xor(v128.load(end - 16), i8x16.splat(0x30)), rightMask(length));
  return v128.any_true(i8x16.gt_u(digits, i8x16.splat(9))) ? -1 : toInteger(digits);
}

/** The scaled value in bytes [start, end), or NO_VALUE. Reads 16 bytes before `end`. */
export function readValue(start: usize, end: usize): i64 {
  let digitsStart = start;
  let sign: i64 = 0;
  if (allowNegative && start < end && load<u8>(start) == MINUS) {
    sign = -1;
    digitsStart = start + 1;
  }
  const length = end - digitsStart;
  if (length - 1 < 8) {
    const short = readShort(lastDigits(end, length), length);
    return short < 0 ? NO_VALUE : (short ^ sign) - sign;
  }
  if (length - 1 >= 16) return NO_VALUE;
  const digits = v128.and(v128.xor(v128.load(end - 16), i8x16.splat(0x30)), rightMask(length));
  const odd = i8x16.gt_u(digits, i8x16.splat(9));
  let magnitude: i64;
  if (v128.any_true(odd)) {
    magnitude = readDecimal(digits, odd, length);
    if (magnitude < 0) return NO_VALUE;
  } else {
    if ((length as i32) + scale > DIGITS_MAX) return NO_VALUE;
    magnitude = toInteger(digits) * powerOfTen(scale);
  }
  return (magnitude ^ sign) - sign;
}

/** Up to 8 characters, or -1. */
@inline
export function readShort(characters: u64, length: usize): i64 {
  let digits = characters;
  let missing = scale;
  const points = characters ^ POINTS;
  const point = (points - 0x0101010101010101) & ~points & TOP_BITS;
  if (point != 0) {
    const place = ctz(point) >> 3;
    const decimals = 7 - (place as i32);
    if (decimals == 0 || decimals > scale || place == 8 - (length as u64)) return -1;
    // The digits before it, by one place, over it. A second point is none.
    const before = ((1 as u64) << (8 * place)) - 1;
    digits = ((characters & before) << 8) | (characters & ~((before << 8) | 0xff));
    missing -= decimals;
  }
  if ((((digits + 0x7676767676767676) | digits) & TOP_BITS) != 0 || (length as i32) + missing > DIGITS_MAX) return -1;
  return toSmallInteger(digits) * powerOfTen(missing);
}

/** With one decimal point, or -1. */
function readDecimal(digits: v128, odd: v128, length: usize): i64 {
  if (scale == 0) return -1;
  const oddBits = i8x16.bitmask(odd);
  const point = ctz(oddBits) as usize;
  const isPoint = (i8x16.bitmask(i8x16.eq(digits, i8x16.splat(POINT ^ 0x30))) >> (point as i32)) & 1;
  const decimals = 15 - (point as i32);
  if ((oddBits & (oddBits - 1)) != 0 || isPoint == 0 || decimals == 0 || decimals > scale || point == 16 - length) return -1;
  const missing = scale - decimals;
  if ((length as i32) - 1 + missing > DIGITS_MAX) return -1;
  return toInteger(i8x16.swizzle(digits, v128.load(POINT_SHIFTS + 16 * point))) * powerOfTen(missing);
}

/** Sixteen digits, the last one lowest: in pairs, in fours, in eights. */
@inline
function toInteger(digits: v128): i64 {
  const pairs = i16x8.shr_u(i16x8.mul(digits, i16x8.splat(2561)), 8);
  const fours = i32x4.dot_i16x8_s(pairs, i32x4.splat(100 | (1 << 16)));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), i32x4.splat(10000 | (1 << 16)));
  const both = v128.extract_lane<u64>(eights, 0);
  return ((both & 0xffffffff) * 100000000 + (both >> 32)) as i64;
}

const POWERS = memory.data<i64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
  100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
]);

@inline
export function powerOfTen(exponent: i32): i64 {
  return load<i64>(POWERS + 8 * (exponent as usize));
}
