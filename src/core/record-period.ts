/** How each record names the period that it belongs to. The period, in UTC, is then the first field of its canonical key. */
import type { PeriodUnit } from './plan';

/** ISO 8601 as in 2026-11-23T14:05:06Z, or whole seconds or milliseconds since 1970. */
export type TimestampKind = 'iso8601' | 'unixSeconds' | 'unixMilliseconds';

export interface RecordPeriod {
  readonly unit: PeriodUnit;
  /** The field that holds the timestamp: its number, from 1, or the name of its column where the format has names. */
  readonly field: number | string;
  readonly timestamp: TimestampKind;
}
