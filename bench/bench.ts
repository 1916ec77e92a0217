/** `npm run bench -- [case…]`: Tallyline beside what a user would pick instead. bench/README.md says how to read it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { CASES, type BenchCase } from './cases';
import { parseSize } from './harness/parse-size';
import type { BenchOptions } from './harness/bench-options';
import type { CaseResult } from './harness/case-result';
import { describeMachine } from './harness/machine';
import { writeReport } from './harness/write-report';
import { BENCH_FOLDER } from './peers/places';

const RUNS = 5;
const COUNT_MAX = 100_000;
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
  .option('--report', 'also write docs/reports/benchmark.md')
  .action((names: string[], options: CommandOptions) => bench(names, options));

program.parseAsync(process.argv.slice(3), { from: 'user' }).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

async function bench(names: readonly string[], { size, runs, files, data, results, only, report }: CommandOptions): Promise<void> {
  const cases = names.length === 0 ? CASES.filter(({ isDefault }) => isDefault) : names.map(findCase);
  const { status } = spawnSync('node', [join(BENCH_FOLDER, 'peers', 'install.mjs')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the peers are not installed, so nothing was measured');
  const machine = describeMachine();
  const options: BenchOptions = { sizeBytes: size, runs, files, dataFolder: data, only };
  const done: CaseResult[] = [];
  for (const one of cases) {
    process.stderr.write(`${one.name}: ${one.title}\n`);
    done.push(await one.run(options));
    // After each case: hours of measuring are not lost with the last one.
    for (const folder of [results, dirname(REPORT_FILE)]) mkdirSync(folder, { recursive: true });
    const markdown = writeReport(machine, options, done);
    const name = machine.date.replaceAll(':', '').slice(0, 17);
    writeFileSync(join(results, `${name}.md`), markdown);
    writeFileSync(
      join(results, `${name}.json`),
      `${JSON.stringify({ machine, options, cases: done.map(({ markdown: _, ...rest }) => rest) }, null, 2)}\n`,
    );
    if (report === true) writeFileSync(REPORT_FILE, markdown);
    process.stdout.write(`\n## ${one.name}\n\n${done.at(-1)?.markdown ?? ''}\n`);
  }
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
