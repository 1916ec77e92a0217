/** Compiles TypeScript and the kernel, and bundles the workflows into dist/. Skips what nothing below changed. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCount } from './bundle-count.mjs';
import { kernelCompilerArguments } from './kernel-compiler.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));
const BUNDLED_FOLDERS = ['core', 'contracts', 'workflows'];

const compiled = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '--build'], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
await ifChanged(join(root, 'dist', 'kernel', 'kernel.wasm'), filesBelow(join(root, 'src', 'kernel', 'wasm'), '.ts'), compileKernel);
const bundled = BUNDLED_FOLDERS.flatMap((folder) => filesBelow(join(root, 'dist', folder), '.js'));
await ifChanged(join(root, 'dist', 'workflow-bundle.js'), bundled, bundle);
await ifChanged(join(root, 'dist', 'bundles'), countedBy(), () => bundleCount(join(root, 'dist')));

/** Makes the target unless it was made from the same files. */
async function ifChanged(target, files, make) {
  const stamp = `${target}.digest`;
  const digest = digestOf(files);
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  await make(target);
  writeFileSync(stamp, digest);
}

/** What the bundles may be made from, and what ran then. */
function countedBy() {
  const folders = ['cli', 'config', 'core', 'kernel', 'sources', 'buckets', 'workers'].map((folder) => join(root, 'dist', folder));
  const makers = ['bundle-count.mjs', 'record-bytecode.cjs'].map((name) => join(root, 'scripts', name));
  return [...makers, ...folders.flatMap((folder) => filesBelow(folder, '.js'))];
}

/** AssemblyScript to WebAssembly. */
function compileKernel(target) {
  const source = join(root, 'src', 'kernel', 'wasm', 'index.ts');
  const compiler = join(dirname(require.resolve('assemblyscript/package.json')), 'bin', 'asc.js');
  const { status } = spawnSync(process.execPath, [compiler, ...kernelCompilerArguments(source, target)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function bundle(target) {
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(root, 'dist', 'workflows', 'index.js'), logger: quiet });
  writeFileSync(target, code);
}

function filesBelow(folder, ending) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

function digestOf(files) {
  const hash = createHash('sha256')
    .update(process.version)
    .update(readFileSync(join(root, 'package-lock.json')));
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}
