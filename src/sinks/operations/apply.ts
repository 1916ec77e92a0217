/** Moves one batch of counted files into the totals, in one transaction, each with its own outcome. */
import { APPLY_BATCH_ENTRIES_MAX, APPLY_BATCH_FILES_MAX } from '../../core/limits';
import type { ApplyInput, ApplyOutcome, ApplyResult } from '../sink';
import type { StoredFile, StoredPartial, StoreTransaction } from '../store';
import type { StagedOverflow } from '../store-totals';
import { assertInvariant } from '../../core/failures';
import { ApplyBatch, type BatchInput, type CountedFile } from './apply-batch';
import { effectivePolicies } from './effective-policies';
import { assembleCount } from './file-count';
import { appendLedger, lockPipeline, refuseWhenStopped } from './pipeline-lock';

/** Throws pipeline_stopped. */
export async function apply(transaction: StoreTransaction, input: ApplyInput): Promise<ApplyResult> {
  const pipeline = await lockPipeline(transaction, input.pipeline);
  refuseWhenStopped(pipeline);
  const policies = await effectivePolicies(transaction, input.pipeline, input.policies);
  const rows = inOrderOfSight(await takeBatch(transaction, input.pipeline));
  const counted = await readCounts(transaction, rows);
  const { batch, outcomes } = await applyAll(transaction, { ...input, policies, pipeline }, counted);
  const after = await appendLedger(transaction, pipeline, await batch.write());
  return { outcomes, ledgerSequence: after.ledgerSequence, remaining: await transaction.files.count(input.pipeline, 'counted') };
}

/**
 * When a total would leave 64 bits, only the files up to the one that would do it are taken, without that one; the next batch has
 * the rest. What was decided about those after it may have stood on it.
 */
async function applyAll(transaction: StoreTransaction, input: BatchInput, counted: readonly CountedFile[]) {
  const first = await applyFiles(transaction, input, counted, null);
  if (first.overflow === null) return first;
  for (const ordinal of counted.keys()) await first.batch.unstage(ordinal);
  const second = await applyFiles(transaction, input, counted.slice(0, first.overflow.ordinal + 1), first.overflow);
  assertInvariant(second.overflow === null, 'a total leaves 64 bits without the file that made it leave them');
  return second;
}

async function applyFiles(
  transaction: StoreTransaction,
  input: BatchInput,
  counted: readonly CountedFile[],
  overflowing: StagedOverflow | null,
) {
  const batch = new ApplyBatch(transaction, input, overflowing);
  await batch.load(counted);
  const outcomes: ApplyOutcome[] = [];
  for (const [ordinal, file] of counted.entries()) outcomes.push(await batch.applyFile(file, ordinal));
  return { batch, outcomes, overflow: await batch.merge() };
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

async function readCounts(transaction: StoreTransaction, rows: readonly StoredFile[]): Promise<CountedFile[]> {
  const partials = new Map<string, StoredPartial[]>(rows.map(({ fileId }) => [fileId, []]));
  for (const partial of await transaction.blobs.partials(rows)) partials.get(partial.fileId)?.push(partial);
  return rows.map((row) => {
    return { row, count: assembleCount(row, partials.get(row.fileId) ?? []) };
  });
}
