/**
 * The period of a record from its timestamp, as core/timestamp.ts says it. Here a timestamp becomes the number of a day or an hour, and
 * the text of its period is found by that; what the host has not noted yet is left to the general way, which notes it.
 */
import { PERIODS, PERIODS_MAX, PERIOD_BYTES, SCRATCH_KEY } from './memory';
import { readDigits } from './values';

/** As in core/limits.ts. */
const SECONDS_MIN: i64 = 946684800;
const SECONDS_MAX: i64 = 4102444799;
const FRACTION_DIGITS_MAX: usize = 9;
const NO_SECONDS: i64 = -1;
const ISO_SECOND_BYTES: usize = 19;
const HYPHEN: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const COLON: u8 = 0x3a;
const POINT: u8 = 0x2e;
const UPPER_T: u8 = 0x54;
const UPPER_Z: u8 = 0x5a;

const ISO_8601: i32 = 0;
const UNIX_SECONDS: i32 = 1;

let kind: i32 = ISO_8601;
let secondsPerSlot: i64 = 86400;
/** The date of the timestamp before, as ten bytes, and its days since 1970. */
let lastDateLow: u64 = 0;
let lastDateHigh: u32 = 0;
let lastDays: i64 = 0;

/** Periods are found by days, those of an hour by hours. Forgets those that were noted. */
export function setTimestamps(timestampKind: i32, isHour: bool): void {
  kind = timestampKind;
  secondsPerSlot = isHour ? 3600 : 86400;
  // Zeros are no date, and are taken for one of 1970, which is no period.
  lastDateLow = 0;
  lastDateHigh = 0;
  lastDays = 0;
  memory.fill(PERIODS, 0, (PERIODS_MAX as usize) * PERIOD_BYTES);
}

/** The period of this second: `length` bytes of text where a key is put together. */
export function notePeriod(seconds: i64, length: u32): void {
  const slot = seconds / secondsPerSlot;
  const place = placeOf(slot);
  store<u32>(place, slot as u32);
  store<u32>(place, length, 4);
  memory.copy(place + 8, SCRATCH_KEY, length);
}

/** Where the text of the period lies, its length in the four bytes before it, or 0. */
export function findPeriod(start: usize, end: usize): usize {
  const seconds = readSeconds(start, end);
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) return 0;
  const slot = (seconds as u64) / (secondsPerSlot as u64);
  const place = placeOf(slot as i64);
  return load<u32>(place) == (slot as u32) ? place + 8 : 0;
}

/** No period has the number 0: that was in 1970. */
@inline
function placeOf(slot: i64): usize {
  return PERIODS + ((slot as u32) % PERIODS_MAX) * (PERIOD_BYTES as u32);
}

function readSeconds(start: usize, end: usize): i64 {
  if (kind == ISO_8601) return readIso(start, end);
  const number = readDigits(start, end);
  return number < 0 || kind == UNIX_SECONDS ? number : number / 1000;
}

function readIso(start: usize, end: usize): i64 {
  if (end - start <= ISO_SECOND_BYTES) return NO_SECONDS;
  const isTime = load<u8>(start, 10) == UPPER_T && load<u8>(start, 13) == COLON && load<u8>(start, 16) == COLON;
  const hour = twoDigits(start + 11);
  const minute = twoDigits(start + 14);
  const second = twoDigits(start + 17);
  if (!isTime || hour > 23 || minute > 59 || second > 59) return NO_SECONDS;
  if (!readDate(start)) return NO_SECONDS;
  let zone = start + ISO_SECOND_BYTES;
  if (load<u8>(zone) == POINT) {
    zone++;
    while (zone < end && (load<u8>(zone) - 0x30) as u8 <= 9) zone++;
    const digits = zone - start - ISO_SECOND_BYTES - 1;
    if (digits == 0 || digits > FRACTION_DIGITS_MAX) return NO_SECONDS;
  }
  const offset = readOffset(zone, end);
  if (offset == i64.MIN_VALUE) return NO_SECONDS;
  return lastDays * 86400 + ((hour * 3600 + minute * 60 + second) as i64) - offset;
}

/** Into lastDays. */
function readDate(start: usize): bool {
  const low = load<u64>(start);
  const high = load<u16>(start, 8) as u32;
  if (low == lastDateLow && high == lastDateHigh) return true;
  const year = twoDigits(start) * 100 + twoDigits(start + 2);
  const month = twoDigits(start + 5);
  const day = twoDigits(start + 8);
  const isDate = load<u8>(start, 4) == HYPHEN && load<u8>(start, 7) == HYPHEN && year <= 9999 && month - 1 < 12 && day - 1 < 31;
  if (!isDate || day > daysOfMonth(year, month)) return false;
  lastDays = daysFromCivil(year as i64, month as i64, day as i64);
  lastDateLow = low;
  lastDateHigh = high;
  return true;
}

/** Seconds east of Greenwich of the zone in bytes [start, end), which must be all of it; else i64.MIN_VALUE. */
function readOffset(start: usize, end: usize): i64 {
  if (end - start == 1 && load<u8>(start) == UPPER_Z) return 0;
  if (end - start != 6 || load<u8>(start, 3) != COLON) return i64.MIN_VALUE;
  const sign = load<u8>(start);
  const hours = twoDigits(start + 1);
  const minutes = twoDigits(start + 4);
  if ((sign != PLUS && sign != HYPHEN) || hours > 23 || minutes > 59) return i64.MIN_VALUE;
  const seconds = (hours * 3600 + minutes * 60) as i64;
  return sign == PLUS ? seconds : -seconds;
}

/** More than 9,999 where they are none. */
@inline
function twoDigits(at: usize): u32 {
  const tens = (load<u8>(at) as u32) - 0x30;
  const ones = (load<u8>(at, 1) as u32) - 0x30;
  return tens > 9 || ones > 9 ? 10000 : tens * 10 + ones;
}

function daysOfMonth(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Since 1970-01-01; a year that begins in March has its leap day at its end. */
function daysFromCivil(year: i64, month: i64, day: i64): i64 {
  const marchYear = month > 2 ? year : year - 1;
  const era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400;
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}
