/** What operators read and what Prometheus evaluates come from one table. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ALERTS } from '../../src/observability/alert-catalogue';
import { DASHBOARDS } from '../../src/observability/dashboard-catalogue';
import { METRICS } from '../../src/observability/metric-catalogue';
import { BURN_RATES, OBJECTIVES, burnExpression } from '../../src/observability/objectives';
import { Pace } from '../../src/observability/pace';
import { renderRules } from '../../src/observability/render-rules';
import { readTableRows } from './reference-page';

const root = join(__dirname, '../..');
const entries = Object.entries(ALERTS);
const pace = new Pace();

test('deploy/ is what the tables say (npm run build && node scripts/generate-deploy.mjs)', () => {
  const { status, stderr } = spawnSync('node', ['scripts/generate-deploy.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('alerts.md says what the catalogue of alerts says (npm run build && node scripts/generate-docs.mjs)', () => {
  const rows = readTableRows('alerts.md').map(([name, severity, , consequence]) => [name, severity, consequence]);
  expect(rows.sort()).toEqual(entries.map(([name, { severity, consequence }]) => [`\`${name}\``, severity, consequence]).sort());
});

test.each(entries)('%s has a runbook that names it', (name, { runbook }) => {
  expect(readFileSync(join(root, 'docs/runbooks', `${runbook}.md`), 'utf8')).toContain(`\`${name}\``);
});

test('there is no runbook without an alert, and each has the same parts', () => {
  const files = readdirSync(join(root, 'docs/runbooks'));
  expect(files.sort()).toEqual([...new Set(entries.map(([, { runbook }]) => `${runbook}.md`))].sort());
  for (const file of files) {
    const headings = readFileSync(join(root, 'docs/runbooks', file), 'utf8').match(/^## .*$/gm);
    expect({ file, headings }).toEqual({ file, headings: ['## What it means', '## Look', '## Mend', '## Afterwards'] });
  }
});

test('links of runbooks lead somewhere', () => {
  for (const file of readdirSync(join(root, 'docs/runbooks'))) {
    const text = readFileSync(join(root, 'docs/runbooks', file), 'utf8');
    for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)/g))
      expect({ file, link, isThere: existsSync(join(root, 'docs/runbooks', link)) }).toMatchObject({ isThere: true });
  }
});

test.each(entries.filter(([, { isGlobal }]) => !isGlobal))('%s is about one pipeline', (_name, { expression }) => {
  expect(expression(pace)).toMatch(/by \(pipeline|error_ratio/);
});

const queries = [
  ...entries.map(([name, { expression }]) => [name, expression(pace)] as const),
  ...DASHBOARDS.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) => panel.queries.map((query) => [`${title}, ${panel.title}`, query.expression] as const)),
    ),
  ),
];

test.each(queries)('%s asks for metrics that there are, by labels and values that they have', (_name, expression) => {
  for (const [, name = '', selector = ''] of expression.matchAll(/\b(tallyline_[a-z_]+)(?:\{([^}]*)\})?/g)) {
    const known: Readonly<Record<string, (typeof METRICS)[keyof typeof METRICS] | undefined>> = METRICS;
    const metric = known[name] ?? known[name.replace(/_(bucket|sum|count)$/, '')];
    expect({ name, isThere: metric !== undefined }).toEqual({ name, isThere: true });
    for (const [, label = '', operator = '', value = ''] of selector.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)) {
      const values = metric?.labels[label];
      if (label === 'job' || values === 'pipelines' || values === 'open') continue;
      expect({ name, label, values: Array.isArray(values) }).toEqual({ name, label, values: true });
      const wanted = operator === '=~' ? value.split('|') : [value];
      expect(values).toEqual(expect.arrayContaining(wanted));
    }
  }
});

test('budgets burn by the windows and factors of the workbook', () => {
  const [freshness] = OBJECTIVES;
  if (freshness === undefined) throw new Error('there is no objective');
  expect(burnExpression(freshness, 'page', pace)).toBe(
    '(tallyline:error_ratio_1h{objective="freshness"} > 0.144 and tallyline:error_ratio_5m{objective="freshness"} > 0.144) or ' +
      '(tallyline:error_ratio_6h{objective="freshness"} > 0.06 and tallyline:error_ratio_30m{objective="freshness"} > 0.06)',
  );
  // Part of a month's budget that is gone when the long window has filled: 2, 5, 10 and 10 %.
  const spent = BURN_RATES.map(({ factor, longMs }) => Math.round((100 * factor * longMs) / (30 * 86_400_000)));
  expect(spent).toEqual([2, 5, 10, 10]);
});

test('a shorter pace shortens every duration and threshold by the same factor', () => {
  const fast = new Pace(60);
  expect([fast.duration(1_800_000), fast.duration(60_000), fast.duration(30_000), fast.seconds(7_200_000)]).toEqual([
    '30s',
    '1s',
    '500ms',
    120,
  ]);
  const [slow, quick] = [pace, fast].map((one) => renderRules({ pace: one, runbooks: 'x' }).groups.flatMap(({ rules }) => rules));
  expect(quick).toHaveLength(slow?.length ?? 0);
});

test('the rules are a file that parses', () => {
  const rules = parse(readFileSync(join(root, 'deploy/prometheus/rules.yaml'), 'utf8')) as { groups: unknown[] };
  expect(rules.groups).toHaveLength(1);
});
