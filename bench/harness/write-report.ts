import type { BenchOptions } from './bench-options';
import type { CaseResult } from './case-result';
import type { Machine } from './machine';

export interface StoredResult extends CaseResult {
  readonly machine: Machine;
  readonly options: BenchOptions;
}

/** The whole page as Markdown. The machine and the versions of the peers are those of the last case. */
export function writeReport(results: readonly StoredResult[]): string {
  const machine = results.at(-1)?.machine;
  if (machine === undefined) throw new Error('there is no result to write a report of');
  const { Tallyline: _, ...peers } = machine.versions;
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [
    '# Benchmark',
    '',
    'Written by `npm run bench`. Every total of every run was compared with the true one before its time was taken down.',
    '',
    `- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGib} GiB, Linux ${machine.kernel}.`,
    `- Versions: ${versions.join('; ')}.`,
    `- Each process is bound to 2 cores and told to use 2 threads. The file is read once before, so that it lies in the page cache for all.`,
    `- Times are those of whole processes, from start to end, output written. Memory is ru_maxrss of wait4, whose floor is about 10 MB here.`,
    `- In each round every contender runs once. Shown are medians, with the least and the greatest. A ratio is taken in each round and its median shown.`,
    `- Where a contender can be asked in several ways, each is tried twice on this very file, and the fastest takes part.`,
    ...results.flatMap((result) => ['', `## ${result.name}: ${result.title}`, '', measuredLine(result), '', result.markdown]),
    '',
  ].join('\n');
}

function measuredLine({ machine, options }: StoredResult): string {
  const time = `${machine.date.slice(0, 16).replace('T', ' ')} UTC`;
  return `Measured at ${time}, Tallyline ${machine.versions['Tallyline'] ?? ''}, ${options.runs} rounds, load before ${machine.loadAverage.toFixed(1)}.`;
}
