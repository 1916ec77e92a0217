import type { BenchOptions } from './bench-options';
import type { CaseResult } from './case-result';
import type { Machine } from './machine';

/** The whole page as Markdown. */
export function writeReport(machine: Machine, { runs }: BenchOptions, cases: readonly CaseResult[]): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    '# Benchmark',
    '',
    `Written by \`npm run bench\` on ${machine.date.slice(0, 10)}. Every total of every run was compared with the true one before its time was taken down.`,
    '',
    `- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGib} GiB, Linux ${machine.kernel}; load before the run ${machine.loadAverage.toFixed(1)}.`,
    `- Versions: ${versions.join('; ')}.`,
    `- Each process is bound to 2 cores and told to use 2 threads. The file is read once before, so that it lies in the page cache for all.`,
    `- Times are those of whole processes, from start to end, output written. Memory is ru_maxrss of wait4, whose floor is about 10 MB here.`,
    `- ${runs} rounds; in each round every contender runs once. Shown are medians, with the least and the greatest. A ratio is taken in each round and its median shown.`,
    `- Where a contender can be asked in several ways, each is tried twice on this very file, and the fastest takes part.`,
    ...cases.flatMap(({ name, title, markdown }) => ['', `## ${name}: ${title}`, '', markdown]),
    '',
  ].join('\n');
}
