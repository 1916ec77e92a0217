/** Forgets contributions that are older than is kept, never what they came to; and the text of reject samples. */
import { ERASE_RECEIPTS_MAX, PRUNE_ENTRIES_MAX } from '../../core/limits';
import { assertInvariant } from '../../core/failures';
import type { FileVersion, PipelineRow } from '../sink';
import type { PruneInput, PruneResult } from '../sink-totals';
import type { Posting, StoredReceipt, StoreTransaction } from '../store';
import { appendLedger, lockPipeline, newEntry, refuseWhenStopped } from './pipeline-lock';
import { postedParts, postingPages, versionsOf } from './posted-parts';
import { Staging } from './staging';

/**
 * Adds what the oldest ledger entries did to the totals to `prunedTotals`, and removes the contributions that no later entry needs.
 * What is still in the totals can then not be taken out any more, and totals of before cannot be told.
 * Throws pipeline_stopped.
 */
export async function prune(transaction: StoreTransaction, input: PruneInput): Promise<PruneResult> {
  const row = await lockPipeline(transaction, input.pipeline);
  refuseWhenStopped(row);
  // Asked with every scan, and mostly there is nothing: the oldest entry tells without looking at the others.
  const [oldest] = await transaction.ledger.page(row.pipeline, row.prunedThrough, 1);
  const isYoung = oldest === undefined || oldest.atMs >= input.beforeMs;
  const last = isYoung ? 0 : await transaction.ledger.lastNumberBefore(row.pipeline, input.beforeMs);
  if (last <= row.prunedThrough) return { prunedThrough: row.prunedThrough, contributions: 0, hasMore: false };
  const { until, postings } = await take(transaction, row, last);
  await carryForward(transaction, row, until);
  const doomed = await unneeded(transaction, row, postings, until);
  await transaction.contributions.remove(doomed);
  const by = { ...input, reason: `${input.reason}: ${doomed.length} contributions, through ${until}` };
  await appendLedger(transaction, { ...row, prunedThrough: until }, doomed.length === 0 ? [] : [newEntry(by, 'pruned')]);
  if (doomed.length === 0) await transaction.pipelines.update({ ...row, prunedThrough: until });
  return { prunedThrough: until, contributions: doomed.length, hasMore: until < last };
}

/** Whole ledger entries, as many as a bounded transaction can take, and one in any case. */
async function take(
  transaction: StoreTransaction,
  row: PipelineRow,
  last: number,
): Promise<{ until: number; postings: readonly Posting[] }> {
  const taken: Posting[] = [];
  let entries = 0;
  for await (const page of postingPages(transaction, row.pipeline, row.prunedThrough, last)) {
    const sizes = new Map<string, number>();
    for (const { fileId, version, entries: size } of await transaction.contributions.parts(versionsOf(page))) {
      sizes.set(`${fileId}:${version}`, (sizes.get(`${fileId}:${version}`) ?? 0) + size);
    }
    for (const posting of page) {
      entries += sizes.get(`${posting.fileId}:${posting.version}`) ?? 0;
      const before = taken[taken.length - 1];
      if (entries > PRUNE_ENTRIES_MAX && before !== undefined && before.number !== posting.number)
        return { until: before.number, postings: taken };
      taken.push(posting);
    }
  }
  return { until: last, postings: taken };
}

async function carryForward(transaction: StoreTransaction, row: PipelineRow, until: number): Promise<void> {
  const staging = new Staging(transaction, row, 'prunedTotals');
  const posted = postedParts(transaction, row.pipeline, { afterNumber: row.prunedThrough, untilNumber: until }, ({ fileId, version }) =>
    assertInvariant(false, `the contribution of ${fileId} version ${version} is gone before its time`),
  );
  for await (const each of posted) await staging.addPosted(each);
  assertInvariant((await staging.merge()) === null, 'a total of pruned contributions leaves 64 bits');
}

/** Versions that no entry after `until` put in or took out. */
async function unneeded(
  transaction: StoreTransaction,
  row: PipelineRow,
  postings: readonly Posting[],
  until: number,
): Promise<FileVersion[]> {
  const versions = versionsOf(postings);
  const later = new Set<string>();
  for (const { fileId, version, number } of await transaction.postings.ofFiles(row.pipeline, [
    ...new Set(versions.map(({ fileId }) => fileId)),
  ])) {
    if (number > until) later.add(`${fileId}:${version}`);
  }
  const parts = new Set<string>();
  for (const { fileId, version } of await transaction.contributions.parts(versions)) parts.add(`${fileId}:${version}`);
  return versions.filter(({ fileId, version }) => !later.has(`${fileId}:${version}`) && parts.has(`${fileId}:${version}`));
}

/** Answers how many receipts were changed; 0: there are no more. */
export async function eraseSamples(
  transaction: StoreTransaction,
  { pipeline, beforeMs, fileId }: { readonly pipeline: string; readonly beforeMs: number; readonly fileId?: string },
): Promise<number> {
  const found = await transaction.receipts.withSamples(pipeline, beforeMs, ERASE_RECEIPTS_MAX, fileId);
  await transaction.receipts.put(found.map(withoutSampleText));
  return found.length;
}

/** How many lines were rejected, why, and where the samples lie stays. */
function withoutSampleText(stored: StoredReceipt): StoredReceipt {
  const erased = Object.entries(stored.receipt.rejects).map(([reason, { count, samples }]) => {
    return [reason, { count, samples: samples.map(({ offset }) => ({ offset, text: null })) }];
  });
  const rejects = Object.fromEntries(erased) as StoredReceipt['receipt']['rejects'];
  return { ...stored, receipt: { ...stored.receipt, rejects } };
}
