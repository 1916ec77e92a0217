/** `npm run bench -- [case…]`: Tallyline beside what a user would pick instead. bench/README.md says how to read it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { CASES, type BenchCase } from './cases';
import { parseSize } from './harness/parse-size';
import type { BenchOptions } from './harness/bench-options';
import { describeMachine } from './harness/machine';
import { writeReport, type StoredResult } from './harness/write-report';
import { BENCH_FOLDER } from './peers/places';

const RUNS = 5;
const COUNT_MAX = 100_000;
const LATEST = 'latest';
const REPORT_FILE = join(BENCH_FOLDER, '..', 'docs', 'reports', 'benchmark.md');

interface CommandOptions {
  readonly size: number;
  readonly runs: number;
  readonly files: number;
  readonly data: string;
  readonly results: string;
  readonly only: readonly string[];
  readonly report?: true;
}

const program = new Command('npm run bench --')
  .description(`Cases: ${CASES.map(({ name }) => name).join(', ')}; without a name all but s3-read, one after the other.`)
  .argument('[cases...]')
  .option('--size <bytes>', 'of each file, such as 64MB', whole(parseSize), 1e9)
  .option('--runs <number>', 'of each contender', whole(parseCount), RUNS)
  .option('--files <number>', 'small files of many-files', whole(parseCount), 2_000)
  .option('--only <names...>', 'only contenders whose name holds one of these', [])
  .option('--data <folder>', 'where files lie and are found again', join(BENCH_FOLDER, '.data'))
  .option('--results <folder>', 'where the tables go', join(BENCH_FOLDER, '.results'))
  .option('--report', 'also write docs/reports/benchmark.md, from the newest result of each case')
  .action((names: string[], options: CommandOptions) => bench(names, options));

program.parseAsync(process.argv.slice(3), { from: 'user' }).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

async function bench(names: readonly string[], { size, runs, files, data, results, only, report }: CommandOptions): Promise<void> {
  const cases = names.length === 0 ? CASES.filter(({ isDefault }) => isDefault) : names.map(findCase);
  const { status } = spawnSync('node', [join(BENCH_FOLDER, 'peers', 'install.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the peers are not installed, so nothing was measured');
  const options: BenchOptions = { sizeBytes: size, runs, files, dataFolder: data, only };
  for (const one of cases) {
    process.stderr.write(`${one.name}: ${one.title}\n`);
    // The commit and the load are those of this case: cases take hours.
    const machine = describeMachine();
    const result = { machine, options, ...(await one.run(options)) };
    // After each case: hours of measuring are not lost with the last one.
    storeResult(results, result);
    if (report === true) writeFileSync(REPORT_FILE, writeReport(latestResults(results)));
    process.stdout.write(`\n## ${one.name}\n\n${result.markdown}\n`);
  }
}

/** Kept by its time; the newest of each case is what the report shows. */
function storeResult(folder: string, result: StoredResult): void {
  mkdirSync(join(folder, LATEST), { recursive: true });
  const text = `${JSON.stringify(result, null, 2)}\n`;
  const time = result.machine.date.replaceAll(':', '').slice(0, 17);
  for (const name of [`${time}-${result.name}`, join(LATEST, result.name)]) writeFileSync(join(folder, `${name}.json`), text);
}

function latestResults(folder: string): StoredResult[] {
  const files = CASES.map(({ name }) => join(folder, LATEST, `${name}.json`)).filter((file) => existsSync(file));
  return files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as StoredResult);
}

function findCase(name: string): BenchCase {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"; there are ${CASES.map((one) => one.name).join(', ')}`);
  return found;
}

function whole(parse: (text: string) => number | undefined): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value === undefined) throw new InvalidArgumentError('Not understood.');
    return value;
  };
}

function parseCount(text: string): number | undefined {
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= COUNT_MAX ? count : undefined;
}
