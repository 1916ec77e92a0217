/** Counts one file in threads, without Temporal and without a sink. No policy is applied. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { assembleReceipt } from '../core/assemble-receipt';
import type { CompressionRule } from '../core/compression';
import { isContentFault } from '../core/content-fault';
import { assertInvariant, TallylineFailure } from '../core/failures';
import type { Format } from '../core/format';
import { COUNT_ENTRIES_IN_MEMORY_BYTES_MAX, COUNT_HEAD_START_BYTES, COUNT_SPLIT_BYTES_MIN } from '../core/limits';
import { leavesInt64, mergeSorted } from '../core/merge';
import { decodePartialHeader, encodedEntriesOf } from '../core/partial-codec';
import { describePeriods } from '../core/period-key';
import { makePlan, type PeriodRule, type Plan } from '../core/plan';
import type { Receipt } from '../core/receipt';
import type { RecordPeriod } from '../core/record-period';
import { escapeBytes } from '../core/source-key';
import { planDigestOf, sha256Hex } from '../kernel/digest';
import { entriesOf, FileRun, MemoryRun, type EntryRun } from '../kernel/entry-run';
import { areSumsShort } from '../kernel/merge-runs';
import type { CountedSplit } from '../kernel/thread-messages';
import type { ThreadPool } from '../kernel/thread-pool';
import { openSource } from '../sources/open-source';
import type { FileToOpen } from '../sources/source';
import type { SourceOptions } from '../sources/source-options';
import { countPlan } from './count-plan';

export interface CountedFile {
  /** As it was given. */
  readonly file: string;
  readonly receipt: Receipt;
  /** Why none of it is in the totals, or null. */
  readonly quarantined: 'sum_overflow' | null;
}

/** How all the files are read. */
export interface Reading {
  readonly format: Format;
  readonly compression: CompressionRule;
  /** Where each record has a period of its own, which then is the first field of its key in the totals. */
  readonly recordPeriod?: RecordPeriod | undefined;
  /** False: no receipt is asked for, and no content digest is computed. */
  readonly isProven: boolean;
}

export interface Counting extends Reading {
  readonly threads: number;
  readonly pool: ThreadPool;
  readonly signal: AbortSignal;
  /** See CountJob. */
  readonly progress: SharedArrayBuffer;
}

export type CountedRuns = CountedFile & { readonly runs: readonly EntryRun[] };

/** Throws `input_unreadable` for a path that is no readable file or does not stay one, and what else counting throws. */
export async function countFile(path: string, counting: Counting): Promise<CountedRuns> {
  const { pool, signal, progress, isProven } = counting;
  const { sourceOptions, file } = await findFile(path);
  const planned = await attempt(path, async () => planOf(file, counting));
  const job = {
    ...{ sourceOptions, file, resume: null, progress, isDigested: isProven, entriesBytesMax: COUNT_ENTRIES_IN_MEMORY_BYTES_MAX },
    ...{ checkpointBytes: Infinity, checkpointIntervalMs: Infinity, readBytesPerSecond: undefined },
  };
  const { plan, splits } = await attempt(path, () =>
    countPlan(
      planned,
      signal,
      (by, splitIndex, either) => pool.run({ ...job, plan: by, splitIndex }, { signal: either }),
      (counted) => toRun(counted).close(),
    ),
  );
  const runs = splits.map(toRun);
  const receipt = receiptOf(path, counting, { plan, splits, runs });
  return { file: path, receipt, ...quarantineOverflow(runs) };
}

/** One split a thread: fewer have fewer keys twice. The first thread takes more, since the others have to start. */
function planOf({ sizeBytes, sourceKey }: FileToOpen, { format, compression, recordPeriod, threads }: Counting): Plan {
  const headStartBytes = threads > 1 ? COUNT_HEAD_START_BYTES : 0;
  const splitBytes = Math.max(COUNT_SPLIT_BYTES_MIN, Math.ceil((sizeBytes - headStartBytes) / threads));
  const periodRule: PeriodRule = recordPeriod ? { kind: 'record', ...recordPeriod } : { kind: 'none' };
  return makePlan({ format, compression, periodRule, sizeBytes, splitBytes, headStartBytes, sourceKey, firstSeenMs: 0 });
}

function toRun({ blob, run }: CountedSplit): EntryRun {
  return run ? new FileRun(run.descriptor, run.sizeBytes, run.longestSumBytes) : new MemoryRun(encodedEntriesOf(blob));
}

interface CountedSplits {
  readonly plan: Plan;
  readonly splits: readonly CountedSplit[];
  readonly runs: readonly EntryRun[];
}

function receiptOf(path: string, { recordPeriod, isProven }: Counting, { plan, splits, runs }: CountedSplits): Receipt {
  const partials = splits.map(({ blob }, splitIndex) => ({ splitIndex, ...decodePartialHeader(blob) }));
  const periods = recordPeriod && isProven && { periods: describePeriods(runs.map(entriesOf), recordPeriod.unit) };
  const assembled = assembleReceipt({ plan, planDigest: planDigestOf(plan), partials, digest: isProven ? sha256Hex : null, ...periods });
  assertInvariant(assembled.kind === 'complete', `the count of "${path}" does not add up: ${JSON.stringify(assembled)}`);
  return assembled.receipt;
}

/** None of a file is in the totals when one of its sums leaves 64 bits. */
export function quarantineOverflow(runs: readonly EntryRun[]): Pick<CountedRuns, 'runs' | 'quarantined'> {
  if (areSumsShort(runs)) return { runs, quarantined: null };
  for (const { sum } of mergeSorted(runs.map(entriesOf))) {
    if (!leavesInt64(sum)) continue;
    for (const run of runs) run.close();
    return { runs: [], quarantined: 'sum_overflow' };
  }
  return { runs, quarantined: null };
}

/** The directory of a file as a source, so that the file is opened and watched as any other. Links are followed: it was named. */
async function findFile(path: string): Promise<{ readonly sourceOptions: SourceOptions; readonly file: FileToOpen }> {
  const real = await attempt(path, () => realpath(path));
  const sourceOptions: SourceOptions = { kind: 'directory', sourceId: 'command-line', root: dirname(real), include: [], exclude: [] };
  const source = openSource(sourceOptions);
  const file = await source.look(escapeBytes(Buffer.from(basename(real), 'utf8')));
  await source.close();
  if (file !== null) return { sourceOptions, file };
  const found = await attempt(path, () => stat(path));
  const what = found.isDirectory()
    ? 'a directory'
    : found.isFIFO()
      ? 'a pipe; feed it to standard input and name it `-`'
      : 'no regular file';
  throw new TallylineFailure('input_unreadable', `"${path}" is ${what}`);
}

/** What the system, or a source that found a file unreadable, says. The catalogue speaks of files that a pipeline took up. */
export async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  return await work().catch((error: unknown) => {
    if (isContentFault(error)) throw new TallylineFailure(error.code, `"${path}" cannot be counted: ${error.fact}`);
    const isForeseen = error instanceof TallylineFailure && error.code !== 'unreadable' && error.code !== 'vanished';
    if (isForeseen || !(error instanceof Error)) throw error;
    const why = error instanceof TallylineFailure ? error.fact : error.message;
    throw new TallylineFailure('input_unreadable', `"${path}" cannot be read (${why})`, { cause: error });
  });
}
