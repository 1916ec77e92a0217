/**
 * `npm run fuzz -- --minutes 10`: a coverage-guided search for a file on which kernel and reference differ. It goes on from
 * test/fuzz/corpus and test/fuzz/seeds and writes what it finds below .tallyline/fuzz; `--keep` adds the smallest new inputs to the corpus at the end,
 * `--tight` gives the kernel a table that is soon full.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { main as compile } from 'assemblyscript/asc';
import binaryen from 'assemblyscript/binaryen';
import { suitOlderGlibc } from './fuzzer-for-older-glibc.mjs';
import { kernelCompilerArguments } from './kernel-compiler.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { transformSync } = createRequire(import.meta.url)('@swc/core');
const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
    keep: { type: 'boolean', default: false },
    tight: { type: 'boolean', default: false },
  },
});

if (!(Number(given.minutes) >= 0)) fail(`--minutes ${given.minutes} is no time`);

const FUZZER = '@jazzer.js/core@4.0.0';
const FILE_BYTES_MAX = 1500;
/** Of the corpus in the repository. */
const KEPT_BYTES_MAX = 300 * 1024;
/** In the memory of the kernel, behind the compiler's constants and before what memory.ts lays out: u32 each. */
const COUNTERS_ADDRESS = 0x4000;
const COUNTERS_MAX = (0x10000 - COUNTERS_ADDRESS) / 4;

const folder = join(root, '.tallyline', 'fuzz');
const build = join(folder, 'build');
const corpus = join(root, 'test', 'fuzz', 'corpus');
/** Written by hand, of every kind of file. */
const seeds = join(root, 'test', 'fuzz', 'seeds');
const found = join(folder, 'corpus');
const defects = join(folder, 'defects');

const fuzzer = fuzzerPath();
for (const path of [found, defects]) mkdirSync(path, { recursive: true });
rmSync(build, { recursive: true, force: true });
for (const part of ['src/core', 'src/kernel', 'src/sources', 'src/buckets', 'test/helpers', 'test/fuzz']) stripTypes(part);
const kernel = join(build, 'kernel.wasm');
const placesFile = join(build, 'places.json');
const places = await compileWithCounters(kernel);
writeFileSync(placesFile, JSON.stringify(places));
const environment = {
  ...process.env,
  TALLYLINE_FUZZ_KERNEL: kernel,
  TALLYLINE_FUZZ_COUNTERS: String(COUNTERS_ADDRESS),
  TALLYLINE_FUZZ_PLACES: placesFile,
};
process.stderr.write(`${places.length} places of the kernel are counted; seed ${given.seed} (0: any)\n`);
const options = [
  `-max_total_time=${Math.round(Number(given.minutes) * 60)}`,
  `-max_len=${FILE_BYTES_MAX}`,
  `-seed=${given.seed}`,
  `-artifact_prefix=${defects}/`,
  `-dict=${join(root, 'test', 'fuzz', 'tokens.dict')}`,
  ...['-timeout=20', '-rss_limit_mb=4096', '-print_final_stats=1', '-reload=0', '-entropic_scale_per_exec_time=1'],
];
// The fuzzer itself would take 0 for without an end.
const { status } = Number(given.minutes) > 0 ? run([found, corpus, seeds], options) : { status: 0 };
if (status !== 0)
  process.stderr.write(
    `The fuzzer ended with ${status}: where kernel and reference differ, or neither ends, the input lies in ${defects}. Once that is mended ` +
      'the input belongs into test/fuzz/corpus, which the tests replay.\n',
  );
if (status === 0 && given.keep) keep();
process.exit(status ?? 1);

function run(folders, libFuzzerOptions) {
  const target = join(build, 'test', 'fuzz', 'fuzz-target.js');
  const includes = ['--includes', join(build, 'src')];
  const args = [fuzzer, target, ...folders, '--sync', ...includes, '--disableBugDetectors', '.*', '--', ...libFuzzerOptions];
  return spawnSync(process.execPath, args, { cwd: root, env: environment, stdio: 'inherit' });
}

/** Installed by itself, since nothing of the product or of its tests needs it. */
function fuzzerPath() {
  const place = join(folder, 'fuzzer');
  const modules = join(place, 'node_modules', '@jazzer.js');
  const command = join(modules, 'core', 'dist', 'cli.js');
  if (!existsSync(command)) install(place);
  const compiled = join(modules, 'fuzzer', 'prebuilds', `fuzzer-${process.platform}-${process.arch}.node`);
  if (process.platform === 'linux') suitOlderGlibc(compiled);
  return command;
}

function install(place) {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--save-exact', FUZZER], { cwd: place, stdio: 'inherit' });
  if (status !== 0) fail(`${FUZZER} could not be installed; what npm says stands above`);
}

function fail(why) {
  process.stderr.write(`nothing was fuzzed: ${why}\n`);
  process.exit(1);
}

/** The fuzzer follows JavaScript only. */
function stripTypes(part) {
  for (const name of readdirSync(join(root, part), { recursive: true })) {
    if (!name.endsWith('.ts') || name.startsWith('wasm')) continue;
    const source = join(root, part, name);
    const target = join(build, part, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    const how = { filename: source, jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };
    writeFileSync(target, transformSync(readFileSync(source, 'utf8'), how).code);
  }
}

/**
 * Each branch and each turn of a loop is counted: gives the names of the functions that these lie in. What is inserted leaves the stack as it was, so that it
 * may stand anywhere.
 */
async function compileWithCounters(target) {
  const text = `${target}.wat`;
  const sources = join(build, 'wasm');
  cpSync(join(root, 'src', 'kernel', 'wasm'), sources, { recursive: true });
  const { TIGHT_TABLE, applyChange } = createRequire(import.meta.url)(join(build, 'test', 'helpers', 'kernel-variants.js'));
  for (const change of given.tight ? TIGHT_TABLE : []) applyChange(sources, 'tight', change);
  const { error, stderr } = await compile([...kernelCompilerArguments(join(sources, 'index.ts'), target, 1), '--textFile', text]);
  if (error) throw new Error(stderr.toString());
  const places = [];
  let constants = '';
  let functionName = '';
  const lines = readFileSync(text, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith(' (data')) constants += line;
      functionName = /^ \(func \$(?:.*\/wasm\/)?(\S+)/.exec(line)?.[1] ?? functionName;
      if (!/^ *(if|else|loop|br_if)\b/.test(line)) return [line];
      const address = COUNTERS_ADDRESS + 4 * places.length;
      places.push(functionName);
      return [line, `i32.const ${address} i32.const ${address} i32.load i32.const 1 i32.add i32.store`];
    });
  // A byte of them takes at least one character.
  const areApart = constants.length < COUNTERS_ADDRESS && places.length <= COUNTERS_MAX;
  if (places.length === 0 || !areApart)
    throw new Error(`${places.length} places and their constants do not fit below what memory.ts lays out`);
  const module = binaryen.parseText(lines.join('\n'));
  module.setFeatures(binaryen.Features.All);
  if (!module.validate()) throw new Error('the kernel with counters is no valid module');
  writeFileSync(target, module.emitBinary());
  return places;
}

/** Of the corpus and of what was found, as few and as small inputs as reach every place as often as these do. */
function keep() {
  const merged = join(folder, 'merged');
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged);
  // No merge of the simple kind, but one that starts other processes as that does, which the fuzzer must see.
  const { status } = run([merged, corpus, found], ['-merge=no', '-set_cover_merge=1', `-max_len=${FILE_BYTES_MAX}`]);
  const sizeBytes = readdirSync(merged).reduce((sum, name) => sum + statSync(join(merged, name)).size, 0);
  if (status !== 0 || sizeBytes === 0 || sizeBytes > KEPT_BYTES_MAX) {
    process.stderr.write(
      `the corpus stays as it is: the merge ended with ${status} and ${sizeBytes} bytes, of ${KEPT_BYTES_MAX} allowed\n`,
    );
    return;
  }
  rmSync(corpus, { recursive: true });
  cpSync(merged, corpus, { recursive: true });
}
