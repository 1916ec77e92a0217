/** The pipeline's row: set up once, stopped and resumed, each with an entry in the ledger. */
import { randomUUID } from 'node:crypto';
import { TallylineFailure } from '../../core/failures';
import type { PeriodRule, PeriodUnit } from '../../core/plan';
import type { By, PipelineMeaning, PipelineRow } from '../sink';
import type { StoreTransaction } from '../store';
import { appendLedger, lockPipeline, newEntry, requirePipeline } from './pipeline-lock';

export async function ensurePipeline(transaction: StoreTransaction, wanted: PipelineMeaning): Promise<PipelineRow> {
  const { pipeline, meaning, scale, unit } = wanted;
  await transaction.pipelines.insert(newPipeline({ pipeline, meaning, scale, unit }));
  const row = requirePipeline(await transaction.pipelines.read(pipeline), pipeline);
  if (isSameMeaning(row, wanted)) return row;
  return await correctMeaning(transaction, wanted);
}

export function newPipeline(meaning: PipelineMeaning): PipelineRow {
  const nothingYet = { ledgerSequence: 0, stopReason: null, stoppedAtMs: null, closedThrough: '', prunedThrough: 0 };
  return { ...meaning, ledgerId: randomUUID(), ...nothingYet };
}

/** Whoever registers or admits files shares the pipeline's row meanwhile, so that none comes in between. */
async function correctMeaning(transaction: StoreTransaction, wanted: PipelineMeaning): Promise<PipelineRow> {
  const { pipeline, meaning, scale, unit } = wanted;
  const row = requirePipeline(await transaction.pipelines.lockAlone(pipeline), pipeline);
  if (!(await isUnused(transaction, row))) requireSameMeaning(row, wanted);
  const corrected = { ...row, meaning, scale, unit };
  await transaction.pipelines.update(corrected);
  return corrected;
}

/** Throws pipeline_differs. */
export function requireSameMeaning(row: PipelineMeaning, wanted: PipelineMeaning): void {
  if (isSameMeaning(row, wanted)) return;
  throw new TallylineFailure(
    'pipeline_differs',
    `pipeline ${row.pipeline} holds sums of ${describe(row)}, and the configuration asks for ${describe(wanted)}`,
  );
}

/** Throws config_mismatch: another worker, or this one after a restart, has the meaning that counts. */
export function requireCurrentMeaning(row: PipelineMeaning, workers: PipelineMeaning): void {
  if (isSameMeaning(row, workers)) return;
  const fact = `pipeline ${row.pipeline} holds sums of ${describe(row)}, and this worker was started for ${describe(workers)}`;
  throw new TallylineFailure('config_mismatch', fact);
}

/** A pipeline that is stopped already keeps its first reason. */
export async function stop(transaction: StoreTransaction, input: By & { readonly pipeline: string }): Promise<void> {
  const row = await lockPipeline(transaction, input.pipeline);
  if (row.stopReason !== null) return;
  const stopped = { ...row, stopReason: input.reason, stoppedAtMs: input.nowMs };
  await appendLedger(transaction, stopped, [newEntry(input, 'stopped')]);
}

export async function resume(transaction: StoreTransaction, input: By & { readonly pipeline: string }): Promise<void> {
  const row = await lockPipeline(transaction, input.pipeline);
  if (row.stopReason === null) return;
  const running = { ...row, stopReason: null, stoppedAtMs: null };
  await appendLedger(transaction, running, [newEntry(input, 'resumed')]);
}

export function periodRuleOf({ meaning }: PipelineMeaning): PeriodRule {
  const { periodRule = { kind: 'none' } } = JSON.parse(meaning) as { readonly periodRule?: PeriodRule };
  return periodRule;
}

/** Of its periods, or null where there are none. */
export function periodUnitOf(row: PipelineMeaning): PeriodUnit | null {
  const rule = periodRuleOf(row);
  return rule.kind === 'none' ? null : rule.unit;
}

/** Nothing was taken up yet, so there is no sum that another meaning could be added to: a typo may be corrected. */
async function isUnused(transaction: StoreTransaction, { pipeline, ledgerSequence }: PipelineRow): Promise<boolean> {
  return ledgerSequence === 0 && (await transaction.files.list({ pipeline, afterSequence: 0, limit: 1 })).length === 0;
}

function isSameMeaning(left: PipelineMeaning, right: PipelineMeaning): boolean {
  return left.meaning === right.meaning && left.scale === right.scale && left.unit === right.unit;
}

function describe({ meaning, scale, unit }: PipelineMeaning): string {
  return `${meaning} (scale ${scale}${unit === '' ? '' : `, unit ${unit}`})`;
}
