/**
 * The period of a record, in UTC, from the bytes of its timestamp: docs/reference/timestamps.md in integers, without Date, so that a kernel
 * can be held against it. First whether it is written as one (timestamp_syntax), then whether there is such an instant (timestamp_range).
 */
import { civilFromDays, daysFromCivil, daysOfMonth } from './civil-date';
import { TIMESTAMP_FRACTION_DIGITS_MAX, TIMESTAMP_SECONDS_MAX, TIMESTAMP_SECONDS_MIN } from './limits';
import { PERIOD_CHARACTERS } from './period';
import type { PeriodUnit } from './plan';
import type { RecordPeriod, TimestampKind } from './record-period';
import type { RejectReason } from './reject';

export type TimestampReject = Extract<RejectReason, 'timestamp_syntax' | 'timestamp_range'>;

const ZERO = 0x30;
const HYPHEN = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const POINT = 0x2e;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/** 2026-11-23T14:05:06 */
const ISO_SECOND_BYTES = 19;
/** +01:00 */
const ISO_OFFSET_BYTES = 6;

/** Reads one timestamp at a time; the period stays in `period` until the next, so that no record allocates. */
export class TimestampReader {
  /** The period of the last timestamp that was accepted, as text: 2026-11-23T14, 2026-11-23 or 2026-11. */
  readonly period: Uint8Array;
  private readonly kind: TimestampKind;
  private readonly unit: PeriodUnit;
  /** Seconds since 1970 of the last instant. */
  seconds = 0;
  /** The bounds [start, end) of its period: the next record mostly falls into it. */
  private periodStart = 0;
  private periodEnd = 0;
  /** A date as one number, 20261123, and its days since 1970: the next record mostly has the same. */
  private lastDate = -1;
  private lastDays = 0;

  constructor({ unit, timestamp }: Pick<RecordPeriod, 'unit' | 'timestamp'>) {
    this.kind = timestamp;
    this.unit = unit;
    this.period = new Uint8Array(PERIOD_CHARACTERS[unit]);
  }

  /** Why bytes [start, end) are no timestamp, or null. */
  read(bytes: Uint8Array, start: number, end: number): TimestampReject | null {
    const verdict = this.kind === 'iso8601' ? this.readIso(bytes, start, end) : this.readUnix(bytes, start, end);
    if (verdict !== null) return verdict;
    const { seconds } = this;
    if (seconds < TIMESTAMP_SECONDS_MIN || seconds > TIMESTAMP_SECONDS_MAX) return 'timestamp_range';
    if (seconds < this.periodStart || seconds >= this.periodEnd) this.enterPeriod(seconds);
    return null;
  }

  private readUnix(bytes: Uint8Array, start: number, end: number): TimestampReject | null {
    if (start === end) return 'timestamp_syntax';
    let number = 0;
    for (let index = start; index < end; index++) {
      const digit = (bytes[index] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return 'timestamp_syntax';
      // Exact as far as the range reaches, and far beyond it what is only known to be too much.
      number = number * 10 + digit;
    }
    this.seconds = this.kind === 'unixSeconds' ? number : Math.floor(number / 1000);
    return null;
  }

  private readIso(bytes: Uint8Array, start: number, end: number): TimestampReject | null {
    if (end - start <= ISO_SECOND_BYTES) return 'timestamp_syntax';
    const century = twoDigits(bytes, start);
    const yearOfCentury = twoDigits(bytes, start + 2);
    const month = twoDigits(bytes, start + 5);
    const day = twoDigits(bytes, start + 8);
    const hour = twoDigits(bytes, start + 11);
    const minute = twoDigits(bytes, start + 14);
    const second = twoDigits(bytes, start + 17);
    const isDate = bytes[start + 4] === HYPHEN && bytes[start + 7] === HYPHEN && bytes[start + 10] === UPPER_T;
    const isTime = bytes[start + 13] === COLON && bytes[start + 16] === COLON;
    // Negative as soon as one of them is.
    if (!isDate || !isTime || (century | yearOfCentury | month | day | hour | minute | second) < 0) return 'timestamp_syntax';
    const zoneStart = endOfFraction(bytes, start + ISO_SECOND_BYTES, end);
    const offsetSeconds = readOffset(bytes, zoneStart, end);
    if (typeof offsetSeconds === 'string') return offsetSeconds;
    const year = century * 100 + yearOfCentury;
    const date = (year * 100 + month) * 100 + day;
    if (date !== this.lastDate) {
      if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return 'timestamp_range';
      this.lastDate = date;
      this.lastDays = daysFromCivil(year, month, day);
    }
    if (hour > 23 || minute > 59 || second > 59) return 'timestamp_range';
    this.seconds = this.lastDays * DAY_SECONDS + hour * HOUR_SECONDS + minute * 60 + second - offsetSeconds;
    return null;
  }

  private enterPeriod(seconds: number): void {
    const days = Math.floor(seconds / DAY_SECONDS);
    const { year, month, day } = civilFromDays(days);
    const hour = Math.floor((seconds - days * DAY_SECONDS) / HOUR_SECONDS);
    const { period, unit } = this;
    writeTwoDigits(period, 0, Math.floor(year / 100));
    writeTwoDigits(period, 2, year % 100);
    period[4] = HYPHEN;
    writeTwoDigits(period, 5, month);
    if (unit === 'month') {
      this.periodStart = (days - day + 1) * DAY_SECONDS;
      this.periodEnd = this.periodStart + daysOfMonth(year, month) * DAY_SECONDS;
      return;
    }
    period[7] = HYPHEN;
    writeTwoDigits(period, 8, day);
    this.periodStart = days * DAY_SECONDS;
    this.periodEnd = this.periodStart + DAY_SECONDS;
    if (unit === 'day') return;
    period[10] = UPPER_T;
    writeTwoDigits(period, 11, hour);
    this.periodStart += hour * HOUR_SECONDS;
    this.periodEnd = this.periodStart + HOUR_SECONDS;
  }
}

/** Where the fraction of a second ends that may begin at `start`; one that is none ends where it begins, so that no zone is found there. */
function endOfFraction(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== POINT) return start;
  let index = start + 1;
  while (index < end && isDigit(bytes[index])) index++;
  const digits = index - start - 1;
  return digits === 0 || digits > TIMESTAMP_FRACTION_DIGITS_MAX ? start : index;
}

/** Seconds east of Greenwich of the zone in bytes [start, end), which must be all of it. */
function readOffset(bytes: Uint8Array, start: number, end: number): number | TimestampReject {
  const sign = bytes[start];
  if (sign === UPPER_Z && end - start === 1) return 0;
  if ((sign !== PLUS && sign !== HYPHEN) || end - start !== ISO_OFFSET_BYTES || bytes[start + 3] !== COLON) return 'timestamp_syntax';
  const hours = twoDigits(bytes, start + 1);
  const minutes = twoDigits(bytes, start + 4);
  if ((hours | minutes) < 0) return 'timestamp_syntax';
  if (hours > 23 || minutes > 59) return 'timestamp_range';
  const seconds = hours * HOUR_SECONDS + minutes * 60;
  return sign === PLUS ? seconds : -seconds;
}

/** -1 where they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

function isDigit(byte = 0): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function writeTwoDigits(target: Uint8Array, at: number, number: number): void {
  target[at] = ZERO + Math.floor(number / 10);
  target[at + 1] = ZERO + (number % 10);
}
