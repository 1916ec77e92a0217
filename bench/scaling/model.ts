/**
 * What a fleet can do, from what one file costs: each part takes some time a file, and the slowest part decides (asymptotic bounds of
 * operational analysis: throughput is at most 1 / demand of the busiest resource, and at most N times that of one worker).
 */

/** Processor seconds, of one core of the machine on which they were measured. */
export interface FileCost {
  readonly workerSeconds: number;
  readonly temporalSeconds: number;
  readonly databaseSeconds: number;
  /** For which an apply of many files holds the row of the pipeline: one at a time does. */
  readonly applySeconds: number;
}

export interface Load {
  readonly name: string;
  readonly fileBytes: number;
  readonly cost: FileCost;
}

/** What there is of each part. */
export interface Fleet {
  readonly workers: number;
  readonly coresPerWorker: number;
  /** Of one worker; absent: as fast as it counts. */
  readonly readBytesPerSecond?: number;
  readonly temporalCores: number;
  readonly databaseCores: number;
  readonly storageBytesPerSecond: number;
  /** Whose applies stand beside each other. */
  readonly pipelines: number;
  /** All of it stands on one machine with so many cores. */
  readonly sharedCores?: number;
}

export const PARTS = ['workers', 'Temporal', 'Postgres', 'applies', 'storage', 'the machine'] as const;
export type Part = (typeof PARTS)[number];

export interface Prediction {
  readonly filesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Which part has no more to give. */
  readonly limit: Part;
}

export function predict(load: Load, fleet: Fleet): Prediction {
  const { fileBytes } = load;
  const rates = ratesOf(load, fleet);
  const limit = PARTS.reduce((slowest, part) => (rates[part] < rates[slowest] ? part : slowest));
  return { filesPerSecond: rates[limit], bytesPerSecond: rates[limit] * fileBytes, limit };
}

/** Files a second that each part could do if the others were without end. */
export function ratesOf({ fileBytes, cost }: Load, fleet: Fleet): Readonly<Record<Part, number>> {
  const { workerSeconds, temporalSeconds, databaseSeconds, applySeconds } = cost;
  const perWorker = Math.min(fleet.coresPerWorker / workerSeconds, (fleet.readBytesPerSecond ?? Infinity) / fileBytes);
  return {
    workers: fleet.workers * perWorker,
    Temporal: fleet.temporalCores / temporalSeconds,
    Postgres: fleet.databaseCores / databaseSeconds,
    applies: fleet.pipelines / applySeconds,
    storage: fleet.storageBytesPerSecond / fileBytes,
    'the machine': (fleet.sharedCores ?? Infinity) / (workerSeconds + temporalSeconds + databaseSeconds),
  };
}

/** The mean of the greatest of so many draws from a normal distribution, in standard deviations (Harter, Biometrika 48, 1961). */
const GREATEST_OF: Readonly<Record<number, number>> = { 1: 0, 2: 0.564, 4: 1.029, 8: 1.424 };

/**
 * Seconds by which the last worker ends later than all would if they ended together: files in flight are dealt out to whoever asks, and
 * each worker counts its own one after the other. Of 1, 2, 4 or 8 workers.
 */
export function unevenSeconds(secondsAFile: number, workers: number, inFlight: number): number {
  const deviation = Math.sqrt((inFlight / workers) * (1 - 1 / workers));
  return deviation * (GREATEST_OF[workers] ?? NaN) * secondsAFile;
}

/** Between two sizes that were measured, with the same keys: on the straight line through them. */
export function costOfSize(measured: readonly Pick<Load, 'fileBytes' | 'cost'>[], fileBytes: number): FileCost {
  const above = Math.max(
    1,
    measured.findIndex((load) => load.fileBytes >= fileBytes),
  );
  const [small, large] = [measured[above - 1], measured[above]];
  if (small === undefined || large === undefined) throw new RangeError('two sizes must be measured');
  const share = (fileBytes - small.fileBytes) / (large.fileBytes - small.fileBytes);
  const between = (part: keyof FileCost) => small.cost[part] + share * (large.cost[part] - small.cost[part]);
  return {
    workerSeconds: between('workerSeconds'),
    temporalSeconds: between('temporalSeconds'),
    databaseSeconds: between('databaseSeconds'),
    applySeconds: between('applySeconds'),
  };
}
