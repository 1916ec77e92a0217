/** The rules that are deployed, by Prometheus's own tool: each alert is quiet before its trouble and raised by it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ALERTS } from '../../src/observability/alert-catalogue';
import { prometheusProgram } from '../helpers/prometheus-bed';
import { ALERT_CASES, type AlertCase } from './alert-cases';

const deploy = join(__dirname, '../../deploy');
const rules = join(deploy, 'prometheus/rules.yaml');
/** It is raised from the first moment on. */
const ALWAYS = 'TallylineWatchdog';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'tallyline-rules-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runTool(program: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(prometheusProgram(program), args, { encoding: 'utf8', timeout: 60_000 });
  return { status, output: status === 0 ? '' : `${stdout}${stderr}` };
}

test('every alert has a case', () => {
  expect(ALERT_CASES.map(({ alert }) => alert).sort()).toEqual(
    Object.keys(ALERTS)
      .filter((name) => name !== ALWAYS)
      .sort(),
  );
});

test('the files of Prometheus and Alertmanager are valid', () => {
  expect(runTool('promtool', ['check', 'rules', rules])).toEqual({ status: 0, output: '' });
  expect(runTool('amtool', ['check-config', join(deploy, 'alertmanager/alertmanager.yaml')])).toEqual({ status: 0, output: '' });
});

test.each(ALERT_CASES)('$alert is quiet before its trouble and raised by it', (one) => {
  const file = join(folder, `${one.alert}.yaml`);
  writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval: `${one.stepMinutes ?? 1}m`, tests: [toTest(one)] }));
  expect(runTool('promtool', ['test', 'rules', file])).toEqual({ status: 0, output: '' });
});

test('the watchdog is always raised', () => {
  const one: AlertCase = { alert: ALWAYS, series: {}, quietAt: 0, raisedAt: 1, labels: {} };
  const { promql_expr_test: checks, ...rest } = toTest(one);
  const file = join(folder, 'watchdog.yaml');
  writeFileSync(
    file,
    stringify({ rule_files: [rules], evaluation_interval: '30s', tests: [{ ...rest, promql_expr_test: checks.slice(1) }] }),
  );
  expect(runTool('promtool', ['test', 'rules', file])).toEqual({ status: 0, output: '' });
});

function toTest({ alert, series, stepMinutes = 1, quietAt, raisedAt, labels }: AlertCase) {
  const expr = `ALERTS{alertname="${alert}",alertstate="firing"}`;
  const all = { alertname: alert, alertstate: 'firing', severity: ALERTS[alert]?.severity ?? '', ...labels };
  const selector = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
  return {
    interval: `${stepMinutes}m`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr, eval_time: `${quietAt}m`, exp_samples: [] },
      { expr, eval_time: `${raisedAt}m`, exp_samples: [{ labels: `ALERTS{${selector.join(', ')}}`, value: 1 }] },
    ],
  };
}
