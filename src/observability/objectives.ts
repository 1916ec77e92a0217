/**
 * What is promised to those who wait for totals, as shares of good events over 30 days, and how fast its budget may burn before
 * somebody is told. Windows and factors are those of Google's SRE workbook, chapter 5 (multi-window, multi-burn-rate alerts).
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, type Pace } from './pace';

export interface Objective {
  readonly name: 'freshness' | 'scans';
  /** Share of good events. */
  readonly target: number;
  readonly promise: string;
  /** Bad and all events of a pipeline within a window, as PromQL. */
  readonly bad: (window: string) => string;
  readonly all: (window: string) => string;
}

export const OBJECTIVES: readonly Objective[] = [
  {
    name: 'freshness',
    target: 0.99,
    promise: '99 % of the files are in the totals within 15 minutes, and one more for each GiB, of their first sight',
    bad: (window) => `sum by (pipeline) (increase(tallyline_fresh_files_total{within!="target"}[${window}]))`,
    all: (window) => `sum by (pipeline) (increase(tallyline_fresh_files_total[${window}]))`,
  },
  {
    name: 'scans',
    target: 0.999,
    promise: '99.9 % of the scans see everything that is in the source',
    bad: (window) => `sum by (pipeline) (increase(tallyline_scans_total{outcome="incomplete"}[${window}]))`,
    all: (window) => `sum by (pipeline) (increase(tallyline_scans_total[${window}]))`,
  },
];

export interface BurnRate {
  readonly severity: 'page' | 'ticket';
  readonly longMs: number;
  /** Ends the alert soon after the trouble does. */
  readonly shortMs: number;
  /** How many times as fast as lasts 30 days. */
  readonly factor: number;
}

export const BURN_RATES: readonly BurnRate[] = [
  { severity: 'page', longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, factor: 14.4 },
  { severity: 'page', longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, factor: 6 },
  { severity: 'ticket', longMs: DAY_MS, shortMs: 2 * HOUR_MS, factor: 3 },
  { severity: 'ticket', longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS, factor: 1 },
];

/** Of the alert that is raised while the budget of this objective burns too fast for this severity. */
export function budgetAlertName({ name }: Pick<Objective, 'name'>, severity: BurnRate['severity']): string {
  return `Tallyline${name.charAt(0).toUpperCase()}${name.slice(1)}Budget${severity === 'page' ? 'Fast' : 'Slow'}`;
}

/** The share of bad events within this time, as a recorded series. */
export function errorRatioName(windowMs: number, pace: Pace): string {
  return `tallyline:error_ratio_${pace.duration(windowMs)}`;
}

export function recordingRules(pace: Pace): { record: string; expr: string; labels: Record<string, string> }[] {
  const windows = [...new Set(BURN_RATES.flatMap(({ longMs, shortMs }) => [shortMs, longMs]))].sort((left, right) => left - right);
  return OBJECTIVES.flatMap(({ name, bad, all }) =>
    windows.map((windowMs) => {
      const window = pace.duration(windowMs);
      return { record: errorRatioName(windowMs, pace), expr: `${bad(window)} / (${all(window)} > 0)`, labels: { objective: name } };
    }),
  );
}

/** True while the budget of this objective burns too fast for this severity. */
export function burnExpression({ name, target }: Objective, severity: BurnRate['severity'], pace: Pace): string {
  const budget = Number((1 - target).toPrecision(6));
  const over = (windowMs: number, factor: number): string =>
    `${errorRatioName(windowMs, pace)}{objective="${name}"} > ${Number((factor * budget).toPrecision(6))}`;
  return BURN_RATES.filter((rate) => rate.severity === severity)
    .map(({ longMs, shortMs, factor }) => `(${over(longMs, factor)} and ${over(shortMs, factor)})`)
    .join(' or ');
}
