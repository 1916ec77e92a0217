/** Compiles TypeScript and bundles the workflows into dist/. Skips the bundle when nothing below it changed. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));
const BUNDLED_FOLDERS = ['core', 'contracts', 'workflows'];

const compiled = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--build'], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
await bundle();

async function bundle() {
  const target = join(root, 'dist', 'workflow-bundle.js');
  const stamp = `${target}.digest`;
  const digest = digestOf(BUNDLED_FOLDERS.flatMap((folder) => filesBelow(join(root, 'dist', folder))));
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(root, 'dist', 'workflows', 'index.js'), logger: quiet });
  writeFileSync(target, code);
  writeFileSync(stamp, digest);
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => join(folder, name));
}

function digestOf(files) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}
