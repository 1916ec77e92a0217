/** Reads every file again that is in the totals and that the source still has, and compares the count with what the totals hold of it. */
import { setMaxListeners } from 'node:events';
import { assembleReceipt } from '../core/assemble-receipt';
import { TallylineFailure } from '../core/failures';
import { VERIFY_MISMATCHES_MAX } from '../core/limits';
import { mergeSorted } from '../core/merge';
import type { TotalsEntry } from '../core/partial';
import { decodePartialHeader, iteratePartialEntries } from '../core/partial-codec';
import { withPeriod } from '../core/period-key';
import { countedDigest } from '../core/receipt';
import { escapeBytes } from '../core/source-key';
import { planDigestOf, sha256Hex } from '../kernel/digest';
import { ThreadPool } from '../kernel/thread-pool';
import type { FileRow, Mismatch, Sink } from '../sinks/sink';
import { openSource } from '../sources/open-source';
import type { Source } from '../sources/source';
import type { SourceOptions } from '../sources/source-options';

const FILES_PER_PAGE = 200;

export interface SourceVerification {
  readonly mismatches: readonly Mismatch[];
  readonly filesRead: number;
  /** In the totals, and not in the source as they were counted: nothing to compare with. */
  readonly filesGone: number;
  /** Of those: moved or deleted on purpose after they were counted. */
  readonly filesDisposed: number;
}

export interface VerifySourceInput {
  readonly sink: Sink;
  readonly pipeline: string;
  readonly sourceOptions: SourceOptions;
  readonly threads: number;
}

/** Throws source_unavailable where the source does not answer. */
export async function verifySource({ sink, pipeline, sourceOptions, threads }: VerifySourceInput): Promise<SourceVerification> {
  const source = openSource(sourceOptions);
  const pool = new ThreadPool({ threads });
  const cancel = new AbortController();
  setMaxListeners(0, cancel.signal);
  const counting: Recount = { sourceOptions, pool, signal: cancel.signal };
  const mismatches: Mismatch[] = [];
  let [filesRead, filesGone, filesDisposed] = [0, 0, 0];
  try {
    await source.probe();
    for await (const row of filesIn(sink, pipeline, source.sourceId)) {
      const found = (await isThere(source, row)) ? await compareUnlessGone(sink, row, counting) : null;
      if (found === null) {
        filesGone += 1;
        filesDisposed += Number(await wasDisposedOf(sink, row));
      } else {
        filesRead += 1;
        mismatches.push(...found);
      }
      if (mismatches.length >= VERIFY_MISMATCHES_MAX) break;
    }
    return { mismatches, filesRead, filesGone, filesDisposed };
  } finally {
    cancel.abort();
    await pool.close();
    await source.close();
  }
}

async function* filesIn(sink: Sink, pipeline: string, sourceId: string): AsyncGenerator<FileRow, void> {
  let afterSequence = 0;
  for (;;) {
    const page = await sink.listFiles({ pipeline, states: ['in'], afterSequence, limit: FILES_PER_PAGE });
    yield* page.filter((row) => row.sourceId === sourceId);
    const last = page.at(-1);
    if (last === undefined || page.length < FILES_PER_PAGE) return;
    afterSequence = last.sequence;
  }
}

async function isThere(source: Source, row: FileRow): Promise<boolean> {
  return (await source.look(row.sourceKey))?.generation === row.generation;
}

async function wasDisposedOf(sink: Sink, { fileId, version }: FileRow): Promise<boolean> {
  const [disposal] = await sink.readDisposals({ fileIds: [fileId] });
  return disposal?.version === version && disposal.state === 'done' && disposal.kind !== 'tag';
}

interface Recount {
  readonly sourceOptions: SourceOptions;
  readonly pool: ThreadPool;
  readonly signal: AbortSignal;
}

/** Null: the file went, or was corrected, while it was read, so that its count of before says nothing against the totals of now. */
async function compareUnlessGone(sink: Sink, row: FileRow, counting: Recount): Promise<Mismatch[] | null> {
  try {
    const found = await compare(sink, row, counting);
    if (found.length === 0) return found;
    const now = await sink.readFile(row.fileId);
    return now?.version === row.version && now.inVersion === row.inVersion ? found : null;
  } catch (error) {
    if (error instanceof TallylineFailure && (error.code === 'changed' || error.code === 'vanished')) return null;
    throw error;
  }
}

async function compare(sink: Sink, row: FileRow, { sourceOptions, pool, signal }: Recount): Promise<Mismatch[]> {
  const { plan, sourceKey } = row;
  if (plan === null) return [];
  const pace = { resume: null, checkpointBytes: Infinity, checkpointIntervalMs: Infinity, readBytesPerSecond: undefined };
  const job = { sourceOptions, file: row, plan, ...pace };
  const counted = await Promise.all(plan.splits.map((_, splitIndex) => pool.run({ ...job, splitIndex }, { signal })));
  const partials = counted.map(({ blob }, splitIndex) => ({ splitIndex, ...decodePartialHeader(blob) }));
  const assembled = assembleReceipt({ plan, planDigest: planDigestOf(plan), partials, digest: sha256Hex });
  if (assembled.kind !== 'complete') return [mismatch('source_count', sourceKey, 'a complete count', assembled.kind)];
  const contentDigest = countedDigest(assembled.receipt);
  if (contentDigest !== row.contentDigest) return [mismatch('source_content', sourceKey, row.contentDigest ?? '', contentDigest)];
  const entries = mergeSorted(counted.map(({ blob }) => iteratePartialEntries(blob)));
  try {
    return await compareEntries(row, contributionOf(sink, row), entries);
  } catch (error) {
    // The content is the same; what it came to is kept no more.
    if (error instanceof TallylineFailure && error.code === 'contribution_pruned') return [];
    throw error;
  }
}

/** Both come in order of their keys. The first difference is enough. */
async function compareEntries(
  { sourceKey }: FileRow,
  contribution: AsyncIterable<TotalsEntry>,
  found: Iterable<TotalsEntry>,
): Promise<Mismatch[]> {
  const entries = found[Symbol.iterator]();
  for await (const expected of contribution) {
    const next = entries.next();
    const key = escapeBytes(expected.key);
    if (next.done === true) return [mismatch('source_totals', `${sourceKey} ${key}`, String(expected.sum), 'nothing')];
    const { sum, count } = next.value;
    const isSame = Buffer.compare(next.value.key, expected.key) === 0 && sum === expected.sum && count === expected.count;
    if (!isSame) return [mismatch('source_totals', `${sourceKey} ${key}`, `${expected.sum}/${expected.count}`, `${sum}/${count}`)];
  }
  const more = entries.next();
  return more.done === true
    ? []
    : [mismatch('source_totals', `${sourceKey} ${escapeBytes(more.value.key)}`, 'nothing', String(more.value.sum))];
}

/** What the totals hold of the file, with keys as they were counted; nothing to compare with where it is kept no more. */
async function* contributionOf(sink: Sink, { fileId, plan }: FileRow): AsyncGenerator<TotalsEntry, void> {
  const isOfRecords = plan?.periodRule.kind === 'record';
  let page = await sink.readContribution({ fileId });
  for (;;) {
    const { period, entries } = page;
    for (const entry of entries) yield isOfRecords ? { ...entry, key: withPeriod(period, entry.key) } : entry;
    if (page.next === null) return;
    page = await sink.readContribution({ fileId, after: page.next });
  }
}

function mismatch(check: string, subject: string, expected: string, found: string): Mismatch {
  return { check, subject, expected, found };
}
