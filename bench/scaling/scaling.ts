/**
 * How a fleet grows: the costs of a file are measured with one worker, the model says what 1, 2 and 4 worker processes do with them, and
 * that is measured too. Then the model goes on to 200 workers on machines of their own.
 */
import type { BenchOptions } from '../harness/bench-options';
import type { CaseHeading, CaseResult } from '../harness/case-result';
import { markdownTable } from '../harness/markdown-table';
import { median } from '../harness/statistics';
import { runFleet, type FleetRequest, type FleetRun } from './fleet-run';
import { costOfSize, predict, type Fleet, type FileCost, type Load, type Prediction } from './model';

const CORES = 2;
const IDS = 10_000;
const SMALL: FleetRequest = { workers: 1, files: 300, fileBytes: 64_000, ids: IDS };
const LARGE: FleetRequest = { workers: 1, files: 60, fileBytes: 8_000_000, ids: IDS };
const FLEETS = [1, 2, 4];
/** What limits a worker is its reading, as where storage or a CPU limit of its pod does: four of them fit these cores. */
const PACED = { files: 120, fileBytes: 4_000_000, ids: IDS, readBytesPerSecond: 12 * 1024 ** 2 };
/** What limits the fleet are the cores that it shares with server and database. */
const CROWDED = { files: 400, fileBytes: 256_000, ids: IDS };

/** An estate as one would build it: what is not of Tallyline's making is said beside the table. */
const ESTATE: Omit<Fleet, 'workers'> = { coresPerWorker: 2, temporalCores: 16, databaseCores: 8, storageBytesPerSecond: 10e9 };
const WORKERS = [1, 2, 4, 10, 20, 50, 100, 200];
const SIZES = [64_000, 6_000_000, 1_000_000_000];

interface Check {
  readonly name: string;
  readonly workers: number;
  readonly predictedSeconds: number;
  readonly measuredSeconds: number;
}

export async function scaling(heading: CaseHeading, { runs }: BenchOptions): Promise<CaseResult> {
  const [small, large] = [await medianRun(SMALL, runs), await medianRun(LARGE, runs)];
  const fixed = (await medianRun({ ...SMALL, files: 1 }, runs)).seconds;
  const costs = (fileBytes: number): FileCost => costOfSize({ name: 'small', ...small }, { name: 'large', ...large }, fileBytes);
  const checks: Check[] = [];
  for (const [name, request] of Object.entries({ 'paced reading': PACED, 'shared cores': CROWDED })) {
    for (const workers of FLEETS) {
      const { seconds: measuredSeconds, fileBytes } = await medianRun({ ...request, workers }, runs);
      const { readBytesPerSecond } = request as FleetRequest;
      const here = { workers, coresPerWorker: CORES, temporalCores: CORES, databaseCores: CORES, storageBytesPerSecond: Infinity };
      const fleet = { ...here, sharedCores: CORES, ...(readBytesPerSecond && { readBytesPerSecond }) };
      const predictedSeconds = fixed + request.files / predict({ name, fileBytes, cost: costs(fileBytes) }, fleet).filesPerSecond;
      checks.push({ name, workers, predictedSeconds, measuredSeconds });
      process.stderr.write(`  ${name}, ${workers} workers: ${measuredSeconds.toFixed(1)} s, predicted ${predictedSeconds.toFixed(1)} s\n`);
    }
  }
  const loads = SIZES.map((fileBytes): Load => ({ name: sizeName(fileBytes), fileBytes, cost: costs(fileBytes) }));
  return { ...heading, markdown: report(heading, checks, loads), figures: { small, large, fixed, checks } };
}

/** Its costs are those of the run with the median time. */
async function medianRun(request: FleetRequest, runs: number): Promise<FleetRun> {
  const all: FleetRun[] = [];
  for (let run = 0; run < runs; run += 1) all.push(await runFleet(request));
  const middle = median(all.map(({ seconds }) => seconds));
  const nearest = all.reduce((best, run) => (Math.abs(run.seconds - middle) < Math.abs(best.seconds - middle) ? run : best));
  return { ...nearest, seconds: middle };
}

function report(heading: CaseHeading, checks: readonly Check[], loads: readonly Load[]): string {
  const off = ({ predictedSeconds, measuredSeconds }: Check) => `${(100 * (predictedSeconds / measuredSeconds - 1)).toFixed(0)} %`;
  return [
    `Demanded: ${heading.demand}. The costs of a file are taken from two runs of one worker (64 KB and 8 MB, 10,000 ids); what a file of another size costs lies`,
    'on the line through them. Each run has a development server and a Postgres of its own on the same two cores; every total was compared.',
    '',
    markdownTable(
      ['what limits', 'workers', 'predicted s', 'measured s', 'off by'],
      checks.map((check) => [
        check.name,
        String(check.workers),
        check.predictedSeconds.toFixed(1),
        check.measuredSeconds.toFixed(1),
        off(check),
      ]),
    ),
    '',
    `Paced reading: ${PACED.files} files of 4 MB, each worker reads 12 MiB a second. Shared cores: ${CROWDED.files} files of 256 KB, as fast as it goes.`,
    '',
    'What a file costs, in milliseconds of a core like these (of an apply: of the time for which it holds the row of the pipeline):',
    '',
    markdownTable(
      ['file', 'worker', 'Temporal', 'Postgres', 'apply'],
      loads.map(({ name, cost }) => [
        name,
        ...[cost.workerSeconds, cost.temporalSeconds, cost.databaseSeconds, cost.applySeconds].map((seconds) => milliseconds(seconds)),
      ]),
    ),
    '',
    `Workers of ${ESTATE.coresPerWorker} cores each, Temporal with ${ESTATE.temporalCores} cores, Postgres with ${ESTATE.databaseCores}, storage of ${ESTATE.storageBytesPerSecond / 1e9} GB a second, one pipeline; files a second, and what has no more to give:`,
    '',
    markdownTable(
      ['workers', ...loads.map(({ name }) => `files of ${name}`)],
      WORKERS.map((workers) => [String(workers), ...loads.map((load) => shown(predict(load, { workers, ...ESTATE })))]),
    ),
  ].join('\n');
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
