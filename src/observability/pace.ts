/** Durations as rules have them. Tests shorten all of them by one factor, so that what takes days is seen in seconds. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

export class Pace {
  constructor(private readonly factor = 1) {}

  /** Of milliseconds, as PromQL and Prometheus's files write it: `30m`. */
  duration(durationMs: number): string {
    const scaledMs = Math.max(1, Math.round(durationMs / this.factor));
    const [unit, unitMs] = UNITS.find(([, size]) => scaledMs % size === 0) ?? ['ms', 1];
    return `${scaledMs / unitMs}${unit}`;
  }

  /** The same as a number of seconds, for comparisons. */
  seconds(durationMs: number): number {
    return durationMs / this.factor / 1000;
  }
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
