/** What dashboards are made of. */
export type PanelUnit = 'short' | 'bytes' | 'Bps' | 's' | 'percentunit' | 'ops' | 'dateTimeFromNow';

export interface Query {
  readonly expression: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly help: string;
  readonly kind: 'timeseries' | 'stat' | 'table';
  readonly unit: PanelUnit;
  readonly queries: readonly Query[];
  /** In 24ths of the page. */
  readonly width: 4 | 6 | 8 | 12 | 24;
  /** Above it a stat is red. */
  readonly redAbove?: number;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

export const OF_PIPELINE = '{pipeline=~"$pipeline"}';

export function query(expression: string, legend: string): Query {
  return { expression, legend };
}

export function series(title: string, help: string, unit: PanelUnit, queries: readonly Query[], width: Panel['width'] = 8): Panel {
  return { title, help, kind: 'timeseries', unit, queries, width };
}

export function stat(title: string, help: string, queries: readonly Query[], more: { redAbove?: number; unit?: PanelUnit } = {}): Panel {
  return { title, help, kind: 'stat', unit: 'short', queries, width: 6, ...more };
}

/** The indicator, and how much of what may go wrong is left. */
export function budget(objective: string, target: number, title: string, metric: string, good: string): Panel[] {
  const share = `sum by (pipeline) (increase(${metric}{pipeline=~"$pipeline",${good}}[30d])) / clamp_min(sum by (pipeline) (increase(${metric}${OF_PIPELINE}[30d])), 1)`;
  const allowed = Number((1 - target).toPrecision(6));
  const events = `sum by (pipeline) (increase(${metric}${OF_PIPELINE}[30d]))`;
  return [
    stat(
      title,
      `The promise is ${target * 100} %. Without any event there is nothing to show.`,
      [query(`${share} and ${events} > 0 or ${events} * 0 + 1`, '{{pipeline}}')],
      {
        unit: 'percentunit',
      },
    ),
    stat(
      `Budget of ${objective} that is left`,
      'Below nothing: the promise of this month is broken.',
      [query(`1 - (1 - (${share} and ${events} > 0 or ${events} * 0 + 1)) / ${allowed}`, '{{pipeline}}')],
      { unit: 'percentunit' },
    ),
  ];
}
