/**
 * Writes what deploy/ has of Prometheus, Alertmanager and Grafana from the tables in the built code (`npm run build` first).
 * With --check it writes nothing and exits with 1 if a file is not up to date.
 */
import { createRequire } from 'node:module';
import { stringify } from 'yaml';
import { putGenerated } from './generated-file.mjs';

const require = createRequire(import.meta.url);
const { deployFiles } = require('../dist/observability/deploy-files.js');

const deploy = new URL('../deploy/', import.meta.url);
const HEAD = '# Written by scripts/generate-deploy.mjs. Change the tables in src/observability, not this file.\n';
const isUpToDate = Object.entries(deployFiles()).map(([name, value]) => put(name, name.endsWith('.json') ? json(value) : yaml(value)));
process.exitCode = isUpToDate.every(Boolean) ? 0 : 1;

function put(name, text) {
  return putGenerated(new URL(name, deploy), text, `deploy/${name}`, 'npm run build && node scripts/generate-deploy.mjs');
}

function yaml(value) {
  return `${HEAD}${stringify(value, { lineWidth: 0 })}`;
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
