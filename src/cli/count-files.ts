/** Counts files in threads, without Temporal and without a sink. No policy is applied. */
import { setMaxListeners } from 'node:events';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { assembleReceipt } from '../core/assemble-receipt';
import { assertInvariant, TallylineFailure } from '../core/failures';
import type { CompressionRule } from '../core/compression';
import { isContentFault } from '../core/content-fault';
import type { Format } from '../core/format';
import { COUNT_SPLIT_BYTES_MAX, COUNT_SPLIT_BYTES_MIN } from '../core/limits';
import { findOverflow, mergeEntries } from '../core/merge';
import type { TotalsEntry } from '../core/partial';
import { decodePartial } from '../core/partial-codec';
import { describePeriods } from '../core/period-key';
import { makePlan, type PeriodRule } from '../core/plan';
import type { Receipt } from '../core/receipt';
import type { RecordPeriod } from '../core/record-period';
import { escapeBytes } from '../core/source-key';
import { planDigestOf, sha256Hex } from '../kernel/digest';
import { ThreadPool } from '../kernel/thread-pool';
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

export interface CountedFiles {
  /** In the order given. */
  readonly files: readonly CountedFile[];
  /** Sorted by key bytes, which begin with the period where each record has its own. */
  readonly totals: readonly TotalsEntry[];
}

/** How all the files are read. */
export interface Reading {
  readonly format: Format;
  readonly compression: CompressionRule;
  /** Where each record has a period of its own, which then is the first field of its key in the totals. */
  readonly recordPeriod?: RecordPeriod | undefined;
}

/**
 * Throws `input_unreadable` for a path that is no readable file or does not stay one, and what else counting throws (`changed`,
 * `compressed_damaged`).
 */
export async function countFiles(paths: readonly string[], reading: Reading, threads: number): Promise<CountedFiles> {
  const pool = new ThreadPool({ threads });
  const cancel = new AbortController();
  // Each split that waits for a thread listens.
  setMaxListeners(0, cancel.signal);
  try {
    const files: CountedFile[] = [];
    let totals: readonly TotalsEntry[] = [];
    const counting = inWindow(paths, threads, (path) => countFile(path, { ...reading, threads, pool, signal: cancel.signal }));
    for await (const { entries, ...counted } of counting) {
      files.push(counted);
      if (counted.quarantined === null) totals = mergeEntries([totals, entries]);
    }
    return { files, totals };
  } finally {
    cancel.abort();
    await pool.close();
  }
}

interface Counting extends Reading {
  readonly threads: number;
  readonly pool: ThreadPool;
  readonly signal: AbortSignal;
}

async function countFile(path: string, counting: Counting): Promise<CountedFile & { readonly entries: readonly TotalsEntry[] }> {
  const { format, compression, recordPeriod, threads, pool, signal } = counting;
  const { sourceOptions, file } = await findFile(path);
  const { sizeBytes } = file;
  const splitBytes = Math.max(COUNT_SPLIT_BYTES_MIN, Math.min(COUNT_SPLIT_BYTES_MAX, Math.ceil(sizeBytes / threads)));
  const { sourceKey } = file;
  const periodRule: PeriodRule = recordPeriod ? { kind: 'record', ...recordPeriod } : { kind: 'none' };
  const planned = await attempt(path, async () =>
    makePlan({ format, compression, periodRule, sizeBytes, splitBytes, sourceKey, firstSeenMs: 0 }),
  );
  const job = {
    sourceOptions,
    file,
    resume: null,
    checkpointBytes: Infinity,
    checkpointIntervalMs: Infinity,
    readBytesPerSecond: undefined,
  };
  const { plan, splits } = await attempt(path, () =>
    countPlan(planned, signal, (by, splitIndex, either) => pool.run({ ...job, plan: by, splitIndex }, { signal: either })),
  );
  const partials = splits.map(({ blob }, splitIndex) => ({ splitIndex, ...decodePartial(blob) }));
  const lists = partials.map((partial) => partial.entries);
  const periods = recordPeriod && { periods: describePeriods(lists, recordPeriod.unit) };
  const assembled = assembleReceipt({ plan, planDigest: planDigestOf(plan), partials, digest: sha256Hex, ...periods });
  assertInvariant(assembled.kind === 'complete', `the count of "${path}" does not add up: ${JSON.stringify(assembled)}`);
  const entries = mergeEntries(lists);
  return { file: path, receipt: assembled.receipt, entries, quarantined: findOverflow(entries) === null ? null : 'sum_overflow' };
}

/** The directory of a file as a source, so that the file is opened and watched as any other. Links are followed: it was named. */
async function findFile(path: string): Promise<{ readonly sourceOptions: SourceOptions; readonly file: FileToOpen }> {
  const real = await attempt(path, () => realpath(path));
  const sourceOptions: SourceOptions = { kind: 'directory', sourceId: 'command-line', root: dirname(real), include: [], exclude: [] };
  const source = openSource(sourceOptions);
  const file = await source.look(escapeBytes(Buffer.from(basename(real), 'utf8')));
  await source.close();
  if (file !== null) return { sourceOptions, file };
  const isDirectory = (await attempt(path, () => stat(path))).isDirectory();
  throw new TallylineFailure('input_unreadable', `"${path}" is ${isDirectory ? 'a directory' : 'no regular file'}`);
}

/** What the system, or a source that found a file unreadable, says. The catalogue speaks of files that a pipeline took up. */
async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  return await work().catch((error: unknown) => {
    if (isContentFault(error)) throw new TallylineFailure(error.code, `"${path}" cannot be counted: ${error.fact}`);
    const isForeseen = error instanceof TallylineFailure && error.code !== 'unreadable' && error.code !== 'vanished';
    if (isForeseen || !(error instanceof Error)) throw error;
    const why = error instanceof TallylineFailure ? error.fact : error.message;
    throw new TallylineFailure('input_unreadable', `"${path}" cannot be read (${why})`, { cause: error });
  });
}

/** Results in the order of the items, with at most `window` items begun and not yet taken. */
async function* inWindow<Item, Result>(
  items: readonly Item[],
  window: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for (const item of items) {
    const result = work(item);
    // Whoever takes it sees its error; until then it is not unhandled.
    result.catch(() => undefined);
    begun.push(result);
    if (begun.length < window) continue;
    const first = begun.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of begun) yield await result;
}
