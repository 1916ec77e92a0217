/** counting → counted, once all splits of the plan are there and the receipt passes the policies. */
import { judgeReceipt } from '../../core/judge-receipt';
import type { Policies } from '../../core/policies';
import { countedDigest } from '../../core/receipt';
import type { FileVersion, MarkCountedResult } from '../sink';
import type { StoredFile, StoreTransaction } from '../store';
import { setAside } from './admit';
import { effectivePolicies } from './effective-policies';
import { assembleCount, toStoredReceipt, type FileCount } from './file-count';
import { judgeByManifest } from './file-control';
import { lockFile, moveRow, saveRows } from './row-change';

export interface MarkCountedInput extends FileVersion {
  readonly planDigest: string;
  readonly policies: Policies;
  readonly nowMs: number;
}

export async function markCounted(transaction: StoreTransaction, input: MarkCountedInput): Promise<MarkCountedResult> {
  const { fileId, version, policies, nowMs } = input;
  const row = await lockFile(transaction, fileId);
  if (row === null || row.version !== version) return { outcome: 'fenced' };
  if (row.state === 'counted' || row.state === 'in') return { outcome: 'already' };
  if (row.state === 'quarantined') return quarantinedResult(row);
  if (row.state !== 'counting' || row.planDigest !== input.planDigest) return { outcome: 'fenced' };

  const count = assembleCount(row, await transaction.blobs.partials([row]));
  if (count.kind === 'incomplete') return { outcome: 'incomplete', missingSplits: count.missingSplits };
  if (count.kind === 'damaged') return await countAgain(transaction, row, count, nowMs);
  const judged = { ...row, contentDigest: countedDigest(count.receipt) };
  await transaction.receipts.put([toStoredReceipt(row, count.receipt, count.partials)]);
  const effective = await effectivePolicies(transaction, row.pipeline, policies);
  const verdict = judgeReceipt(count.receipt, effective) ?? (await judgeByManifest(transaction, row, count));
  if (verdict) return quarantinedResult(await setAside(transaction, judged, verdict, nowMs));
  await saveRows(transaction, [moveRow(judged, { kind: 'markCounted', version }, { nowMs })]);
  return { outcome: 'counted' };
}

/** Bounded as at apply: the row passes through `counted`, so that each time is counted and the last one sets it aside. */
async function countAgain(
  transaction: StoreTransaction,
  row: StoredFile,
  { splits, fact }: Extract<FileCount, { kind: 'damaged' }>,
  nowMs: number,
): Promise<MarkCountedResult> {
  const { version } = row;
  const counted = moveRow(row, { kind: 'markCounted', version }, { nowMs });
  const next = moveRow(counted, { kind: 'partialMissing', version }, { nowMs, detail: fact });
  await transaction.blobs.removePartials(row, splits);
  await saveRows(transaction, [next]);
  return next.state === 'quarantined' ? quarantinedResult(next) : { outcome: 'incomplete', missingSplits: splits };
}

function quarantinedResult({ reason, detail }: StoredFile): MarkCountedResult {
  return reason === null ? { outcome: 'fenced' } : { outcome: 'quarantined', reason, detail: detail ?? '' };
}
