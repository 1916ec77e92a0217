/** Counts files in threads, without Temporal and without a sink, and keeps their totals as sorted runs, of which large ones lie on the disk. */
import { setMaxListeners } from 'node:events';

import { keyJoiner } from '../core/csv';
import { mergeSorted } from '../core/merge';
import type { TotalsEntry } from '../core/partial';
import { encodeInPieces } from '../core/entry-codec';
import { PERIOD_CHARACTERS } from '../core/period';
import { entriesOf, FileRun, type EntryRun } from '../kernel/entry-run';
import { areSumsShort, mergeToCsv, MERGED_RUNS_MAX } from '../kernel/merge-runs';
import { writeUnnamed } from '../kernel/spilled-runs';
import { ThreadPool } from '../kernel/thread-pool';
import { countFile, type CountedFile, type CountedRuns, type Reading } from './count-file';
import { countStdin, STDIN } from './count-stdin';

const MERGED_PIECE_BYTES = 0x40000;

export interface CountedFiles {
  /** In the order given. */
  readonly files: readonly CountedFile[];
  readonly totals: CountedTotals;
}

export class CountedTotals {
  private runs: EntryRun[] = [];

  constructor(private readonly reading: Pick<Reading, 'format' | 'recordPeriod'>) {}

  add(runs: readonly EntryRun[]): void {
    this.runs.push(...runs);
    if (this.runs.length <= MERGED_RUNS_MAX / 2) return;
    const { descriptor, sizeBytes } = writeUnnamed(encodeInPieces(this.entries(), MERGED_PIECE_BYTES));
    this.close();
    this.runs = [new FileRun(descriptor, sizeBytes)];
  }

  /** Sorted by key bytes, which begin with the period where each record has its own. */
  entries(): Iterable<TotalsEntry> {
    return mergeSorted(this.runs.map(entriesOf));
  }

  /** Rows of CSV without their header, by the kernel; null where sums are too large for it. Throws config_invalid, see joinKey. */
  csv(): Iterable<Uint8Array> | null {
    const { format, recordPeriod } = this.reading;
    if (!areSumsShort(this.runs)) return null;
    return mergeToCsv(this.runs, keyJoiner(format), recordPeriod ? PERIOD_CHARACTERS[recordPeriod.unit] : 0);
  }

  close(): void {
    for (const run of this.runs.splice(0)) run.close();
  }
}

/**
 * Throws `input_unreadable` for a path that is no readable file or does not stay one, and what else counting throws (`changed`,
 * `compressed_damaged`). The bytes read so far are added to `progress`. Closes the pool, whose threads may end later.
 */
export async function countFiles(
  paths: readonly string[],
  reading: Reading,
  threads: number,
  progress = new SharedArrayBuffer(8),
  pool = new ThreadPool({ threads, countsHere: true }),
): Promise<CountedFiles> {
  const cancel = new AbortController();
  // Each split that waits for a thread listens.
  setMaxListeners(0, cancel.signal);
  const totals = new CountedTotals(reading);
  const counting = { ...reading, threads, pool, signal: cancel.signal, progress };
  const count = (path: string): Promise<CountedRuns> => (path === STDIN ? countStdin(reading, progress) : countFile(path, counting));
  try {
    const files: CountedFile[] = [];
    for await (const { runs, ...counted } of inWindow(paths, threads, count)) {
      files.push(counted);
      totals.add(runs);
    }
    return { files, totals };
  } catch (error) {
    totals.close();
    throw error;
  } finally {
    cancel.abort();
    // What comes next needs none of them.
    void pool.close();
  }
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
