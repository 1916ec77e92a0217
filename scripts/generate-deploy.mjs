/**
 * Writes what deploy/ has of Prometheus, Alertmanager and Grafana from the tables in the built code (`npm run build` first).
 * With --check it writes nothing and exits with 1 if a file is not up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { stringify } from 'yaml';

const require = createRequire(import.meta.url);
const { Pace } = require('../dist/observability/pace.js');
const { renderRules } = require('../dist/observability/render-rules.js');
const { renderAlertmanager } = require('../dist/observability/render-alertmanager.js');
const { renderPrometheus } = require('../dist/observability/render-prometheus.js');
const { renderDashboard } = require('../dist/observability/render-dashboard.js');
const { DASHBOARDS } = require('../dist/observability/dashboard-catalogue.js');
const { RUNBOOKS, COMPOSE_TARGETS } = require('../dist/observability/deploy-places.js');

const deploy = new URL('../deploy/', import.meta.url);
const HEAD = '# Written by scripts/generate-deploy.mjs. Change the tables in src/observability, not this file.\n';
const pace = new Pace();

const files = [
  ['prometheus/rules.yaml', yaml(renderRules({ pace, runbooks: RUNBOOKS }))],
  ['prometheus/prometheus.yaml', yaml(renderPrometheus({ pace, ...COMPOSE_TARGETS.prometheus }))],
  ['alertmanager/alertmanager.yaml', yaml(renderAlertmanager({ pace, ...COMPOSE_TARGETS.alertmanager }))],
  ...DASHBOARDS.map((dashboard) => [`grafana/dashboards/${dashboard.uid}.json`, json(renderDashboard(dashboard))]),
];
const isUpToDate = files.map(([name, text]) => put(name, text));
process.exitCode = isUpToDate.every(Boolean) ? 0 : 1;

function put(name, text) {
  const path = new URL(name, deploy);
  if (!process.argv.includes('--check')) {
    mkdirSync(new URL('.', path), { recursive: true });
    writeFileSync(path, text);
    return true;
  }
  const isSame = read(path) === text;
  if (!isSame) console.error(`deploy/${name} is not up to date: npm run build && node scripts/generate-deploy.mjs`);
  return isSame;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function yaml(value) {
  return `${HEAD}${stringify(value, { lineWidth: 0 })}`;
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
