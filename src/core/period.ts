/** Which period the totals of a file belong to. */
import { TallylineFailure } from './failures';
import type { PeriodRule, PeriodUnit } from './plan';

/** Characters of 2026-11-23T14 that name the period. */
export const PERIOD_CHARACTERS: Readonly<Record<PeriodUnit, number>> = { month: 7, day: 10, hour: 13 };
const PERIOD_UNITS: readonly PeriodUnit[] = ['month', 'day', 'hour'];
const PERIOD_FIELDS: Readonly<Record<PeriodUnit, number>> = { month: 2, day: 3, hour: 4 };

/** '' where the file has none or each of its records its own. Throws period_unknown when the sourceKey names no period, or one that no calendar has. */
export function resolvePeriod(rule: PeriodRule, sourceKey: string, firstSeenMs: number): string {
  switch (rule.kind) {
    case 'none':
    case 'record':
      return '';
    case 'admission':
      return isoPeriod(firstSeenMs, rule.unit);
    case 'sourceKey':
      return periodInSourceKey(new RegExp(rule.pattern, 'u'), rule.unit, sourceKey);
  }
}

/** For people, before the file is taken up: '' also where the rule finds none, which sets the file aside when it is. */
export function periodAtFirstSight(rule: PeriodRule, sourceKey: string, firstSeenMs: number): string {
  try {
    return resolvePeriod(rule, sourceKey, firstSeenMs);
  } catch (error) {
    if (error instanceof TallylineFailure) return '';
    throw error;
  }
}

/** Where a contribution goes: its own period while that is open, else as an adjustment into the first open one. */
export function postingPeriod(ofPeriod: string, closedThrough: string): { readonly period: string; readonly adjusts: string } {
  if (ofPeriod === '' || ofPeriod > closedThrough) return { period: ofPeriod, adjusts: '' };
  return { period: nextPeriod(closedThrough), adjusts: ofPeriod };
}

/** 2026-12 after 2026-11, 2026-12-01 after 2026-11-30, 2026-11-24T00 after 2026-11-23T23. Throws config_invalid for what is no period. */
export function nextPeriod(period: string): string {
  const unit = unitOf(period);
  const [year = 0, month = 1, day = 1, hour = 0] = period.split(/[-T]/).map(Number);
  const next = {
    month: Date.UTC(year, month),
    day: Date.UTC(year, month - 1, day + 1),
    hour: Date.UTC(year, month - 1, day, hour + 1),
  };
  return isoPeriod(next[unit], unit);
}

/** The instant at which the period begins. */
export function periodStartMs(period: string): number {
  return Date.parse(`${period}${'0000-01-01T00:00:00.000Z'.slice(period.length)}`);
}

/** Throws config_invalid for what is no period of any unit. */
export function unitOf(period: string): PeriodUnit {
  const unit = PERIOD_UNITS.find((candidate) => PERIOD_CHARACTERS[candidate] === period.length);
  const instantMs = unit === undefined ? NaN : periodStartMs(period);
  if (unit === undefined || Number.isNaN(instantMs) || isoPeriod(instantMs, unit) !== period) {
    throw new TallylineFailure('config_invalid', `"${period}" is no month (2026-11), day (2026-11-23) or hour (2026-11-23T14)`);
  }
  return unit;
}

function periodInSourceKey(pattern: RegExp, unit: PeriodUnit, sourceKey: string): string {
  const groups = pattern.exec(sourceKey)?.slice(1, 1 + PERIOD_FIELDS[unit]) ?? [];
  const isNumeric =
    groups.length === PERIOD_FIELDS[unit] && groups.every((group, index) => (index === 0 ? /^\d{4}$/ : /^\d{1,2}$/).test(group));
  if (!isNumeric) throw unknown(sourceKey, unit, 'the pattern finds no numbers for it');
  const [year = 0, month = 1, day = 1, hour = 0] = groups.map(Number);
  const text = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${digits(hour, 2)}`;
  // A day that the month lacks comes back as another; an hour or month out of range as none.
  const instantMs = Date.parse(`${text}:00:00.000Z`);
  if (Number.isNaN(instantMs) || isoPeriod(instantMs, 'hour') !== text) throw unknown(sourceKey, unit, `${text} is no date and hour`);
  return text.slice(0, PERIOD_CHARACTERS[unit]);
}

function isoPeriod(instantMs: number, unit: PeriodUnit): string {
  return new Date(instantMs).toISOString().slice(0, PERIOD_CHARACTERS[unit]);
}

function digits(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

function unknown(sourceKey: string, unit: PeriodUnit, why: string): TallylineFailure {
  return new TallylineFailure('period_unknown', `"${sourceKey}" names no ${unit}: ${why}`);
}
