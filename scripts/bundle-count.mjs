/** What `tallyline count` and its threads load, in one file: a hundred small ones take longer to load than a small file to count. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SAMPLE_LINES = 1000;
/** Loaded only where they are needed, from node_modules. */
const EXTERNAL = ['yaml', '@aws-sdk/*', '@smithy/*'];

/** Where the pool looks for it, see src/kernel/thread-entry.ts. */
const THREAD_ENTRY = "require('../cli/run-bundle.js').runBundle(require('node:path').join(__dirname, 'count-main.js'));\n";

/** `dist` has been compiled. Makes dist/bundles. */
export async function bundleCount(dist) {
  const bundles = join(dist, 'bundles');
  rmSync(bundles, { recursive: true, force: true });
  mkdirSync(bundles);
  // Source that is ASCII takes half the memory and is read as it is.
  const options = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'ascii',
    minifyWhitespace: true,
    legalComments: 'none',
  };
  const bundle = join(bundles, 'count-main.js');
  await build({ ...options, entryPoints: [join(dist, 'cli', 'count-main.js')], outfile: bundle, external: EXTERNAL, logLevel: 'warning' });
  writeFileSync(join(bundles, 'count-thread.js'), THREAD_ENTRY);
  keepBytecode(bundle);
}

/** Of the functions that counting a small file runs, whose format options say. */
function keepBytecode(bundle) {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-build-'));
  try {
    const sample = join(folder, 'sample.txt');
    writeFileSync(sample, `key,value\n${Array.from({ length: SAMPLE_LINES }, (_, index) => `${index % 100},${index}\n`).join('')}`);
    const recorder = join(dirname(fileURLToPath(import.meta.url)), 'record-bytecode.cjs');
    const { status, stderr } = spawnSync(
      process.execPath,
      [recorder, bundle, 'count', sample, '--output', 'csv', '--format', 'csv', '--key', 'key', '--value', 'value'],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the bundle cannot count a sample: ${stderr}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
