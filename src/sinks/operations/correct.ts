/** Corrections by command: each locks the pipeline first and says in the ledger who and why. */
import type { QuarantineReason } from '../../core/failures';
import type { By, CorrectionResult, FileVersion } from '../sink';
import type { StoreTransaction } from '../store';
import { readContribution } from './contribution-store';
import { appendLedger, lockPipeline, newEntry, refuseWhenStopped } from './pipeline-lock';
import { changeRow, lockFile, saveRows } from './row-change';
import { Staging } from './staging';
import { takeOutRow } from './take-out';

export type CorrectionInput = By & FileVersion;

/** Counting these needs to be said which way (to supersede, or to count both), which a plain release does not. */
const NOT_BY_RELEASE: readonly (QuarantineReason | null)[] = ['new_generation', 'duplicate_content'];

/** Takes the file's contribution out of the totals. Throws pipeline_stopped, and contribution_pruned when it is not kept any more. */
export async function retract(transaction: StoreTransaction, input: CorrectionInput): Promise<CorrectionResult> {
  const found = await lockBoth(transaction, input);
  if (found === null) return { outcome: 'unknown' };
  const { pipeline, row } = found;
  refuseWhenStopped(pipeline);
  const { kind } = changeRow(row, { kind: 'retract' }, input);
  if (kind === 'already') return { outcome: 'already' };
  if (row.version !== input.version) return { outcome: 'fenced' };
  if (kind !== 'moved' || row.inVersion === null) return { outcome: 'refused' };
  const { fileId, inVersion: version } = row;
  const staging = new Staging(transaction, pipeline);
  const contribution = readContribution(transaction, { fileId, version, isPruned: pipeline.prunedThrough > 0 });
  const postings = await staging.addStored(0, -1, contribution);
  if ((await staging.merge()) !== null) {
    // Sums of both signs: without this file another total would leave 64 bits.
    await staging.unstage(0);
    return { outcome: 'refused' };
  }
  const next = takeOutRow(row, { kind: 'retract' }, input.nowMs);
  await saveRows(transaction, [next]);
  await appendLedger(transaction, pipeline, [newEntry(input, 'retracted', { fileId, version, postings })]);
  return { outcome: 'done', version: next.version };
}

/** Counts the file again in the usual way; what the totals hold of it stays there until then. */
export async function recount(transaction: StoreTransaction, input: CorrectionInput): Promise<CorrectionResult> {
  return await takeUpAnew(transaction, input, 'recount');
}

export async function release(transaction: StoreTransaction, input: CorrectionInput): Promise<CorrectionResult> {
  return await takeUpAnew(transaction, input, 'release');
}

async function takeUpAnew(transaction: StoreTransaction, input: CorrectionInput, kind: 'recount' | 'release'): Promise<CorrectionResult> {
  const found = await lockBoth(transaction, input);
  if (found === null) return { outcome: 'unknown' };
  const { pipeline, row } = found;
  const ledgerKind = kind === 'recount' ? 'recounted' : 'released';
  if (row.version !== input.version) {
    const entries = await transaction.ledger.ofFiles(row.pipeline, [row.fileId]);
    const isDone = entries.some((entry) => entry.kind === ledgerKind && entry.version === input.version + 1);
    return { outcome: isDone ? 'already' : 'fenced' };
  }
  if (kind === 'release' && NOT_BY_RELEASE.includes(row.reason)) return { outcome: 'refused' };
  const changed = changeRow(row, { kind }, input);
  if (changed.kind !== 'moved') return { outcome: 'refused' };
  const { fileId, version } = changed.row;
  await saveRows(transaction, [changed.row]);
  await appendLedger(transaction, pipeline, [newEntry(input, ledgerKind, { fileId, version })]);
  return { outcome: 'done', version };
}

/** The pipeline first, as everything that writes the ledger does. */
async function lockBoth(transaction: StoreTransaction, { fileId }: FileVersion) {
  const [seen] = await transaction.files.read([fileId]);
  if (seen === undefined) return null;
  const pipeline = await lockPipeline(transaction, seen.pipeline);
  const row = await lockFile(transaction, fileId);
  return row && { pipeline, row };
}
