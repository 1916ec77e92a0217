/** What was to come by now, from the sink alone: it is asked by scrapes and commands that know no configuration. */
import { EXPECTED_NAMED_MAX } from '../../core/limits';
import type { ExpectedStatus } from '../sink-expected';
import type { NewFile, StoreTransaction } from '../store';

interface ArrivalsInput {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly everyMs: number | null;
  readonly nowMs: number;
}

/** The time begins with the first look, and goes on when `every` is changed. */
export async function expectArrivals(transaction: StoreTransaction, { pipeline, sourceId, everyMs, nowMs }: ArrivalsInput): Promise<void> {
  const known = (await transaction.arrivals.list(pipeline)).find((row) => row.sourceId === sourceId);
  if (everyMs === null) {
    if (known) await transaction.arrivals.remove(pipeline, sourceId);
    return;
  }
  if (known?.everyMs !== everyMs) await transaction.arrivals.put({ pipeline, sourceId, sinceMs: known?.sinceMs ?? nowMs, everyMs });
}

/** Files were taken up. */
export async function noteArrivals(transaction: StoreTransaction, rows: readonly NewFile[], nowMs: number): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const { pipeline } = first;
  const arrivals = await transaction.arrivals.list(pipeline);
  for (const sourceId of new Set(rows.map((row) => row.sourceId))) {
    const sourceKeys = rows.filter((row) => row.sourceId === sourceId).map(({ sourceKey }) => sourceKey);
    await transaction.expected.markCame(pipeline, sourceId, sourceKeys, nowMs);
    const known = arrivals.find((row) => row.sourceId === sourceId);
    if (known) await transaction.arrivals.put({ ...known, sinceMs: nowMs });
  }
}

export async function readExpected(
  transaction: StoreTransaction,
  { pipeline, nowMs }: { pipeline: string; nowMs: number },
): Promise<ExpectedStatus> {
  const { files, first } = await transaction.expected.overdue(pipeline, nowMs, EXPECTED_NAMED_MAX);
  const arrivals = await transaction.arrivals.list(pipeline);
  const malformed = await transaction.manifests.malformed(pipeline, EXPECTED_NAMED_MAX);
  return {
    overdueFiles: files,
    overdue: first.map(({ sourceId, sourceKey, manifestKey, dueMs }) => ({ sourceId, sourceKey, manifestKey, dueMs })),
    silentSources: arrivals
      .filter(({ sinceMs, everyMs }) => nowMs - sinceMs > everyMs)
      .map(({ sourceId, sinceMs, everyMs }) => ({ sourceId, sinceMs, everyMs })),
    malformedManifests: malformed.map(({ sourceId, manifestKey, fault, readMs }) => ({
      sourceId,
      manifestKey,
      fault: fault ?? '',
      readMs,
    })),
  };
}
