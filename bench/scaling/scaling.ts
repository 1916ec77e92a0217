/**
 * How a fleet grows: the costs of a file are measured with one worker, the model says what 1, 2 and 4 worker processes do with them, and
 * that is measured too. Then the model goes on to 200 workers on machines of their own.
 */
import type { BenchOptions } from '../harness/bench-options';
import type { CaseHeading, CaseResult } from '../harness/case-result';
import { markdownTable } from '../harness/markdown-table';
import { median } from '../harness/statistics';
import { measureApply, runFleet, type FleetRequest, type FleetRun } from './fleet-run';
import { costOfSize, predict, ratesOf, unevenSeconds, type Fleet, type Load, type Prediction } from './model';

const CORES = 2;
const IDS = 10_000;
const CALIBRATED: readonly FleetRequest[] = [
  { workers: 1, files: 300, fileBytes: 64_000, ids: IDS },
  { workers: 1, files: 60, fileBytes: 8_000_000, ids: IDS },
  { workers: 1, files: 2, fileBytes: 1_000_000_000, ids: IDS },
];
const BACKLOG = { files: 300, fileBytes: 64_000, ids: IDS, window: 300 };
const FLEETS = [1, 2, 4];
/** The default. */
const WINDOW = 50;
/** What limits a worker is its reading, as where storage or the limits of its pod do: four of them fit the cores of this machine. */
const PACED: Readonly<Record<string, Omit<FleetRequest, 'workers'> & { readonly readBytesPerSecond: number }>> = {
  'files of 4 MB, 12 MiB a second each': { files: 120, fileBytes: 4_000_000, ids: IDS, readBytesPerSecond: 12 * 1024 ** 2 },
  'files of 64 KB, 128 KiB a second each': { files: 96, fileBytes: 64_000, ids: IDS, readBytesPerSecond: 128 * 1024 },
};

/** An estate as one would build it: what is not of Tallyline's making is said beside the table. */
const ESTATE: Omit<Fleet, 'workers' | 'pipelines'> = {
  coresPerWorker: 2,
  temporalCores: 16,
  databaseCores: 8,
  storageBytesPerSecond: 10e9,
};
const WORKERS = [1, 2, 4, 10, 20, 50, 100, 200];
const PIPELINES = [1, 20];
const SIZES = [64_000, 6_000_000, 1_000_000_000];

interface Check {
  readonly name: string;
  readonly workers: number;
  readonly predictedSeconds: number;
  readonly measuredSeconds: number;
}

interface FleetFigure {
  readonly name: string;
  readonly workers: number;
  readonly seconds: number;
  readonly fileBytes: number;
}

export interface ScalingFigures {
  readonly applySeconds: number;
  readonly measured: readonly Omit<Load, 'name'>[];
  /** Of one file by itself. */
  readonly fixed: number;
  readonly fleets: readonly FleetFigure[];
}

export async function scaling(heading: CaseHeading, { runs }: BenchOptions): Promise<CaseResult> {
  const applySeconds = median(await inTurn(runs, () => measureApply(BACKLOG)));
  const measured: Omit<Load, 'name'>[] = [];
  for (const request of CALIBRATED) {
    const { fileBytes, cost } = await medianRun(request, runs);
    measured.push({ fileBytes, cost: { ...cost, applySeconds } });
  }
  const fixed = (await medianRun({ workers: 1, files: 1, fileBytes: 64_000, ids: IDS }, runs)).seconds;
  const fleets: FleetFigure[] = [];
  for (const [name, request] of Object.entries(PACED)) {
    for (const workers of FLEETS) {
      const { seconds, fileBytes } = await medianRun({ ...request, workers }, runs);
      process.stderr.write(`  ${name}, ${workers} workers: ${seconds.toFixed(1)} s\n`);
      fleets.push({ name, workers, seconds, fileBytes });
    }
  }
  const figures = { applySeconds, measured, fixed, fleets };
  return { ...heading, markdown: describeScaling(heading, figures), figures };
}

/** From the figures of a run. */
export function describeScaling(heading: CaseHeading, { measured, fixed, fleets }: ScalingFigures): string {
  const checks = fleets.map(({ name, workers, seconds, fileBytes }): Check => {
    const request = PACED[name];
    if (request === undefined) throw new Error(`there is no load ${name}`);
    const { files, readBytesPerSecond } = request;
    const here = {
      workers,
      coresPerWorker: CORES,
      temporalCores: CORES,
      databaseCores: CORES,
      storageBytesPerSecond: Infinity,
      pipelines: 1,
    };
    const load = { name, fileBytes, cost: costOfSize(measured, fileBytes) };
    const { filesPerSecond } = predict(load, { ...here, sharedCores: CORES, readBytesPerSecond });
    const uneven = unevenSeconds(fileBytes / readBytesPerSecond, workers, Math.min(files, WINDOW));
    return { name, workers, predictedSeconds: fixed + files / filesPerSecond + uneven, measuredSeconds: seconds };
  });
  const loads = SIZES.map((fileBytes): Load => ({ name: sizeName(fileBytes), fileBytes, cost: costOfSize(measured, fileBytes) }));
  return report(heading, checks, loads);
}

async function inTurn<Result>(runs: number, run: () => Promise<Result>): Promise<Result[]> {
  const all: Result[] = [];
  for (let round = 0; round < runs; round += 1) all.push(await run());
  return all;
}

/** Its costs are those of the run with the median time. */
async function medianRun(request: FleetRequest, runs: number): Promise<FleetRun> {
  const all = await inTurn(runs, () => runFleet(request));
  const middle = median(all.map(({ seconds }) => seconds));
  const nearest = all.reduce((best, run) => (Math.abs(run.seconds - middle) < Math.abs(best.seconds - middle) ? run : best));
  return { ...nearest, seconds: middle };
}

function report(heading: CaseHeading, checks: readonly Check[], loads: readonly Load[]): string {
  const off = ({ predictedSeconds, measuredSeconds }: Check) => `${(100 * (predictedSeconds / measuredSeconds - 1)).toFixed(0)} %`;
  return [
    `Demanded: ${heading.demand}. What a file costs is taken from runs of one worker with nothing to slow it down (64 KB, 8 MB and 1 GB, 10,000 ids), and from an`,
    'apply of 300 files that wait for it; a file of another size lies on the line between two of these. Each run has a development server and a Postgres of',
    'its own on the same two cores; every total was compared. What a worker took up it counts itself, so that some end later than others; that is predicted, too.',
    '',
    markdownTable(
      ['load', 'workers', 'predicted s', 'measured s', 'off by'],
      checks.map((check) => [
        check.name,
        String(check.workers),
        check.predictedSeconds.toFixed(1),
        check.measuredSeconds.toFixed(1),
        off(check),
      ]),
    ),
    '',
    'What a file costs, in milliseconds of a core like these; of an apply the time for which it holds the row of the pipeline, when many files wait:',
    '',
    markdownTable(
      ['file', 'worker', 'Temporal', 'Postgres', 'apply'],
      loads.map(({ name, cost }) => [
        name,
        ...[cost.workerSeconds, cost.temporalSeconds, cost.databaseSeconds, cost.applySeconds].map((seconds) => milliseconds(seconds)),
      ]),
    ),
    '',
    `Workers of ${ESTATE.coresPerWorker} cores each, Temporal with ${ESTATE.temporalCores} cores, Postgres with ${ESTATE.databaseCores}, storage of ${ESTATE.storageBytesPerSecond / 1e9} GB a second; files a second, and what has no more to give:`,
    ...PIPELINES.flatMap((pipelines) => ['', pipelines === 1 ? 'One pipeline:' : `${pipelines} pipelines:`, '', growth(loads, pipelines)]),
    '',
    'Where each part ends, in files a second, whatever the others do:',
    '',
    ends(loads),
    '',
    'Applies of one pipeline come one after the other, so that files of one pipeline that come faster than that are to be fewer and larger, or several pipelines. Temporal is here the',
    'development server with its SQLite file; a cluster spends its processor time in several services and a database of its own, and is to be measured.',
  ].join('\n');
}

function ends(loads: readonly Load[]): string {
  const rates = loads.map((load) => ratesOf(load, { workers: 1, pipelines: 1, ...ESTATE }));
  const rows = (['Temporal', 'Postgres', 'applies', 'storage'] as const).map((part) => [
    part === 'applies' ? 'applies of one pipeline' : part,
    ...rates.map((rate) => rate[part].toFixed(0)),
  ]);
  return markdownTable(['part', ...loads.map(({ name }) => `files of ${name}`)], rows);
}

function growth(loads: readonly Load[], pipelines: number): string {
  return markdownTable(
    ['workers', ...loads.map(({ name }) => `files of ${name}`)],
    WORKERS.map((workers) => [String(workers), ...loads.map((load) => shown(predict(load, { workers, pipelines, ...ESTATE })))]),
  );
}

function shown({ filesPerSecond, bytesPerSecond, limit }: Prediction): string {
  const rate = filesPerSecond < 10 ? filesPerSecond.toFixed(1) : filesPerSecond.toFixed(0);
  return `${rate} (${(bytesPerSecond / 1e9).toFixed(2)} GB/s): ${limit}`;
}

function milliseconds(seconds: number): string {
  return (1000 * seconds).toFixed(1);
}

function sizeName(bytes: number): string {
  if (bytes >= 1e9) return `${bytes / 1e9} GB`;
  return bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} KB`;
}
