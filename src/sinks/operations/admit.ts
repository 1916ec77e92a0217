/** Admission and quarantine of one file version. */
import { judgeAdmission } from '../../core/apply-decision';
import { assertInvariant, type QuarantineReason } from '../../core/failures';
import type { Plan } from '../../core/plan';
import type { Policies } from '../../core/policies';
import type { AdmitResult, FileStatus, FileVersion, PipelineMeaning } from '../sink';
import type { StoredFile, StoreTransaction } from '../store';
import { effectivePolicies } from './effective-policies';
import { requirePipeline } from './pipeline-lock';
import { requireCurrentMeaning } from './pipelines';
import { changeRow, lockFile, moveRow, saveRows } from './row-change';

export interface AdmitInput extends FileVersion {
  /** Of the worker that made the plan. */
  readonly meaning: PipelineMeaning;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly replaces?: string;
  readonly policies: Policies;
  readonly nowMs: number;
}

/** Throws config_mismatch when the worker's pipeline has another meaning than the sink's: it was corrected after the worker started. */
export async function admit(transaction: StoreTransaction, input: AdmitInput): Promise<AdmitResult> {
  const { fileId, version, plan, planDigest, policies, nowMs } = input;
  const row = await lockFile(transaction, fileId);
  if (row === null || row.version !== version) return { outcome: 'fenced' };
  if (row.state === 'seen') {
    const effective = await effectivePolicies(transaction, row.pipeline, policies);
    // Stored sizes say nothing about two texts of which one is compressed.
    const refusal = plan.compression ? null : judgeAdmission(row, await transaction.files.generations(row.pipeline, [row]), effective);
    if (refusal) return { outcome: 'settled', row: await setAside(transaction, row, refusal, nowMs) };
  }
  const admitted = changeRow(row, { kind: 'admit', version }, { nowMs });
  if (admitted.kind === 'moved') {
    requireCurrentMeaning(requirePipeline(await transaction.pipelines.share(row.pipeline), row.pipeline), input.meaning);
    await saveRows(transaction, [{ ...admitted.row, plan, planDigest, period: plan.period }]);
    return { outcome: 'counting', plan, planDigest };
  }
  if (admitted.kind === 'already' && row.planDigest === input.replaces) return await replacePlan(transaction, row, input);
  const hasPlan = admitted.kind === 'already' && row.plan !== null && row.planDigest !== null;
  return hasPlan ? { outcome: 'counting', plan: row.plan, planDigest: row.planDigest } : { outcome: 'settled', row };
}

/** Whoever still counts by the old plan is fenced: its partials lie under another digest than the row's. */
async function replacePlan(transaction: StoreTransaction, row: StoredFile, { plan, planDigest, nowMs }: AdmitInput): Promise<AdmitResult> {
  const isOfFile = row.plan !== null && plan.sizeBytes === row.sizeBytes && plan.period === row.plan.period;
  assertInvariant(isOfFile, `plan ${planDigest} is none of ${row.fileId}, whose plan it is to replace`);
  const replanned = moveRow(row, { kind: 'replan', version: row.version }, { nowMs });
  await transaction.blobs.removePartials(
    row,
    row.plan.splits.map((_, index) => index),
  );
  await saveRows(transaction, [{ ...replanned, plan, planDigest }]);
  return { outcome: 'counting', plan, planDigest };
}

export interface QuarantineInput extends FileVersion {
  readonly reason: QuarantineReason;
  readonly detail: string;
  readonly nowMs: number;
}

/** Answers how the row is afterwards, whoever made it so; null when there is none. */
export async function quarantine(transaction: StoreTransaction, input: QuarantineInput): Promise<FileStatus | null> {
  const row = await lockFile(transaction, input.fileId);
  if (row === null) return null;
  const after = row.version === input.version ? await setAside(transaction, row, input, input.nowMs) : row;
  return statusOf(after);
}

/** Sets this version aside as far as its state allows, and answers the row as it is then. */
export async function setAside(
  transaction: StoreTransaction,
  row: StoredFile,
  { reason, detail }: { readonly reason: QuarantineReason; readonly detail: string },
  nowMs: number,
): Promise<StoredFile> {
  const changed = changeRow(row, { kind: 'quarantine', version: row.version, reason }, { nowMs, detail });
  if (changed.kind === 'moved') await saveRows(transaction, [changed.row]);
  return changed.row;
}

export function statusOf({ fileId, version, state, reason, detail }: StoredFile): FileStatus {
  return { fileId, version, state, reason, detail };
}
