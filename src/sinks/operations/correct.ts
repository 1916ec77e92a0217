/** Corrections by command: each locks the pipeline first and says in the ledger who and why. */
import type { QuarantineReason } from '../../core/failures';
import type { By, CorrectionResult, LedgerKind } from '../sink';
import type { StoredFile, StoreTransaction } from '../store';
import { readContributionIn } from './contribution-store';
import { appendLedger, lockPipeline, refuseWhenStopped, stamp } from './pipeline-lock';
import { changeRow, lockFile, saveRows } from './row-change';
import { takeOutRow } from './take-out';
import { WorkingTotals } from './working-totals';

export type CorrectionInput = By & { readonly fileId: string };

/** Counting these needs to be said which way (to supersede, or to count both), which a plain release does not. */
const NOT_BY_RELEASE: readonly (QuarantineReason | null)[] = ['new_generation', 'duplicate_content'];

/** Takes the file's contribution out of the totals. Throws pipeline_stopped. */
export async function retract(transaction: StoreTransaction, input: CorrectionInput): Promise<CorrectionResult> {
  const found = await lockBoth(transaction, input.fileId);
  if (found === null) return { outcome: 'unknown' };
  const { pipeline, row } = found;
  refuseWhenStopped(pipeline);
  const kind = changeRow(row, { kind: 'retract' }, input).kind;
  if (kind === 'already') return { outcome: 'already' };
  if (kind !== 'moved') return { outcome: 'refused' };
  const contributions = await readContributionIn(transaction, row);
  const totals = new WorkingTotals(transaction, row.pipeline);
  await totals.load(contributions);
  // Sums of both signs: without this file another total would leave 64 bits.
  if (totals.exchange(contributions, []) !== null) return { outcome: 'refused' };
  await totals.write();
  const next = takeOutRow(row, { kind: 'retract' }, input.nowMs);
  await saveRows(transaction, [next]);
  await appendLedger(transaction, pipeline, [entry(input, row, 'retracted', row.inVersion)]);
  return { outcome: 'done', version: next.version };
}

export async function recount(transaction: StoreTransaction, input: CorrectionInput): Promise<CorrectionResult> {
  return await takeUpAnew(transaction, input, 'recount');
}

export async function release(transaction: StoreTransaction, input: CorrectionInput): Promise<CorrectionResult> {
  return await takeUpAnew(transaction, input, 'release');
}

async function takeUpAnew(transaction: StoreTransaction, input: CorrectionInput, kind: 'recount' | 'release'): Promise<CorrectionResult> {
  const found = await lockBoth(transaction, input.fileId);
  if (found === null) return { outcome: 'unknown' };
  const { pipeline, row } = found;
  if (kind === 'release' && NOT_BY_RELEASE.includes(row.reason)) return { outcome: 'refused' };
  const changed = changeRow(row, { kind }, input);
  if (changed.kind !== 'moved') return { outcome: 'refused' };
  const { version } = changed.row;
  await saveRows(transaction, [changed.row]);
  await appendLedger(transaction, pipeline, [entry({ ...input, reason: `${kind}: ${input.reason}` }, row, 'note', version)]);
  return { outcome: 'done', version };
}

/** The pipeline first, as everything that writes the ledger does. */
async function lockBoth(transaction: StoreTransaction, fileId: string) {
  const [seen] = await transaction.files.read([fileId]);
  if (seen === undefined) return null;
  const pipeline = await lockPipeline(transaction, seen.pipeline);
  const row = await lockFile(transaction, fileId);
  return row && { pipeline, row };
}

function entry(by: By, { fileId }: StoredFile, kind: LedgerKind, version: number | null) {
  return { kind, fileId, version, ...stamp(by) };
}
