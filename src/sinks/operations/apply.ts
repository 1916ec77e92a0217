/** Moves one batch of counted files into the totals, in one transaction, each with its own outcome. */
import { APPLY_BATCH_ENTRIES_MAX, APPLY_BATCH_FILES_MAX } from '../../core/limits';
import type { ApplyInput, ApplyOutcome, ApplyResult } from '../sink';
import type { StoredFile, StoredPartial, StoreTransaction } from '../store';
import { ApplyBatch } from './apply-batch';
import { assembleCount, mergePartials } from './file-count';
import { appendLedger, lockPipeline, refuseWhenStopped } from './pipeline-lock';

/** Throws pipeline_stopped. */
export async function apply(transaction: StoreTransaction, input: ApplyInput): Promise<ApplyResult> {
  const pipeline = await lockPipeline(transaction, input.pipeline);
  refuseWhenStopped(pipeline);
  const rows = inOrderOfSight(await takeBatch(transaction, input.pipeline));
  const counts = await readCounts(transaction, rows);
  const batch = new ApplyBatch(transaction, input);
  await batch.load(
    counts.flatMap(({ row, count, entries }) => (count.kind === 'complete' ? [{ row, receipt: count.receipt, entries }] : [])),
  );
  const outcomes: ApplyOutcome[] = [];
  for (const counted of counts) outcomes.push(await batch.applyFile(counted));
  const entries = await batch.write();
  const after = await appendLedger(transaction, pipeline, entries);
  return { outcomes, ledgerSequence: after.ledgerSequence, remaining: await transaction.files.count(input.pipeline, 'counted') };
}

/** In fileId order, up to the bounds, and one file in any case. */
async function takeBatch(transaction: StoreTransaction, pipeline: string): Promise<StoredFile[]> {
  const taken: StoredFile[] = [];
  let sum = 0;
  for (const { row, entries } of await transaction.files.lockCounted(pipeline, APPLY_BATCH_FILES_MAX)) {
    sum += entries;
    if (taken.length > 0 && sum > APPLY_BATCH_ENTRIES_MAX) break;
    taken.push(row);
  }
  return taken;
}

/** Still by fileId, but generations of one sourceKey among themselves as they were first seen: the earlier has the better right. */
function inOrderOfSight(rows: readonly StoredFile[]): StoredFile[] {
  const queues = new Map<string, StoredFile[]>();
  for (const row of [...rows].sort((left, right) => left.sequence - right.sequence)) {
    const queue = queues.get(addressOf(row));
    if (queue) queue.push(row);
    else queues.set(addressOf(row), [row]);
  }
  return rows.flatMap((row) => queues.get(addressOf(row))?.shift() ?? []);
}

function addressOf({ sourceId, sourceKey }: StoredFile): string {
  return JSON.stringify([sourceId, sourceKey]);
}

async function readCounts(transaction: StoreTransaction, rows: readonly StoredFile[]) {
  const partials = new Map<string, StoredPartial[]>(rows.map(({ fileId }) => [fileId, []]));
  for (const partial of await transaction.blobs.partials(rows)) partials.get(partial.fileId)?.push(partial);
  return rows.map((row) => {
    const count = assembleCount(row, partials.get(row.fileId) ?? []);
    return { row, count, entries: count.kind === 'complete' ? mergePartials(count.partials) : [] };
  });
}
