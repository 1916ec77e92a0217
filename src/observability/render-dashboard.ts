/** Grafana's JSON of a dashboard. https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
import type { Dashboard, Panel } from './dashboard-panels';

const PAGE_WIDTH = 24;
const PANEL_HEIGHT = 8;
const STAT_HEIGHT = 5;
const SCHEMA_VERSION = 39;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

export function renderDashboard({ uid, title, rows }: Dashboard): object {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: PAGE_WIDTH, h: 1 },
    });
    y += 1;
    let [x, lineHeight] = [0, 0];
    for (const panel of row.panels) {
      const height = panel.kind === 'stat' ? STAT_HEIGHT : PANEL_HEIGHT;
      if (x + panel.width > PAGE_WIDTH) [x, y, lineHeight] = [0, y + lineHeight, 0];
      panels.push({ id: panels.length + 1, ...renderPanel(panel), gridPos: { x, y, w: panel.width, h: height } });
      x += panel.width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return {
    uid,
    title,
    tags: ['tallyline'],
    timezone: 'utc',
    schemaVersion: SCHEMA_VERSION,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    editable: false,
    links: [{ type: 'dashboards', tags: ['tallyline'], title: 'Tallyline', asDropdown: false, keepTime: true, includeVars: true }],
    templating: { list: [DATASOURCE_VARIABLE, PIPELINE_VARIABLE] },
    panels,
  };
}

const DATASOURCE_VARIABLE = { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' };
const PIPELINE_VARIABLE = {
  name: 'pipeline',
  type: 'query',
  label: 'Pipeline',
  datasource: DATASOURCE,
  query: { query: 'label_values(tallyline_sink_up, pipeline)', refId: 'pipelines' },
  refresh: 2,
  includeAll: true,
  allValue: '.*',
  multi: true,
  current: { text: 'All', value: '$__all' },
  sort: 1,
};

function renderPanel({ title, help, kind, unit, queries, redAbove }: Panel): object {
  const steps =
    redAbove === undefined
      ? [{ color: 'green', value: null }]
      : [
          { color: 'green', value: null },
          { color: 'red', value: redAbove + 1e-9 },
        ];
  return {
    type: kind,
    title,
    description: help,
    datasource: DATASOURCE,
    targets: queries.map(({ expression, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr: expression,
      legendFormat: legend,
      ...(kind === 'table' && { format: 'table', instant: true }),
      ...(kind === 'stat' && { instant: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: unit === 'percentunit' || unit === 'dateTimeFromNow' ? undefined : 0,
        thresholds: { mode: 'absolute', steps },
      },
      overrides: [],
    },
    options: kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', textMode: 'value_and_name' } : {},
  };
}
