/**
 * Writes what deploy/ has of Prometheus, Alertmanager and Grafana from the tables in the built code (`npm run build` first).
 * With --check it writes nothing and exits with 1 if a file is not up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { stringify } from 'yaml';

const require = createRequire(import.meta.url);
const { deployFiles } = require('../dist/observability/deploy-files.js');

const deploy = new URL('../deploy/', import.meta.url);
const HEAD = '# Written by scripts/generate-deploy.mjs. Change the tables in src/observability, not this file.\n';
const isUpToDate = Object.entries(deployFiles()).map(([name, value]) => put(name, name.endsWith('.json') ? json(value) : yaml(value)));
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
