/** What a correction or a plan would change, total by total, before anybody decides. */
import { PLAN_ENTRIES_MAX } from '../../core/limits';
import { TallylineFailure } from '../../core/failures';
import { postingPeriod } from '../../core/period';
import type { FileVersion, PipelineRow } from '../sink';
import type { DifferenceResult } from '../sink-plans';
import type { StoreTransaction } from '../store';
import { readContribution, readParts } from './contribution-store';
import { judgePlan, type JudgedPlanFile } from './judge-plan';
import { requirePipeline } from './pipeline-lock';
import { requirePlan } from './plan-row';
import { isKnownAgain } from './pruned-contribution';
import { RangeTotals } from './totals-range';

const EVERYTHING = { after: null, until: null } as const;
const TOTALS_PER_READ = 10_000;

/** Throws unknown_plan, plan_too_large, contribution_pruned. */
export async function planDifference(transaction: StoreTransaction, { planId }: { readonly planId: string }): Promise<DifferenceResult> {
  const plan = requirePlan(await transaction.plans.read(planId), planId);
  const pipeline = requirePipeline(await transaction.pipelines.read(plan.pipeline), plan.pipeline);
  const judged: JudgedPlanFile[] = [];
  for (const file of await judgePlan(transaction, plan))
    if (file.item.outcome === 'in' && !(await isUnchanged(transaction, file))) judged.push(file);
  const takesOut = judged.flatMap(({ item }) => item.takesOut);
  const counted = judged.map((file) => file.counted);
  return await difference(transaction, pipeline, { takesOut, putsIn: counted });
}

/** A pruned contribution that comes to the same again changes nothing. */
async function isUnchanged(transaction: StoreTransaction, { row, receipt, superseded }: JudgedPlanFile): Promise<boolean> {
  if (row?.inVersion == null || receipt === null || superseded.length > 0) return false;
  return await isKnownAgain(transaction, { fileId: row.fileId, version: row.inVersion }, receipt.receipt);
}

/** Throws unknown_file, contribution_pruned. */
export async function retractionDifference(
  transaction: StoreTransaction,
  { fileId }: { readonly fileId: string },
): Promise<DifferenceResult> {
  const [row] = await transaction.files.read([fileId]);
  if (row === undefined) throw new TallylineFailure('unknown_file', `the sink has no file ${fileId}`);
  const pipeline = requirePipeline(await transaction.pipelines.read(row.pipeline), row.pipeline);
  const takesOut = row.inVersion === null ? [] : [{ fileId, version: row.inVersion }];
  return await difference(transaction, pipeline, { takesOut, putsIn: [] });
}

async function difference(
  transaction: StoreTransaction,
  pipeline: PipelineRow,
  { takesOut, putsIn }: { readonly takesOut: readonly FileVersion[]; readonly putsIn: readonly FileVersion[] },
): Promise<DifferenceResult> {
  await requireBounded(transaction, [...takesOut, ...putsIn]);
  const changes = new RangeTotals(EVERYTHING);
  const isPruned = pipeline.prunedThrough > 0;
  for (const file of takesOut) {
    for await (const part of readContribution(transaction, { ...file, isPruned }))
      changes.addPart({ part, factor: -1, ...where(part, pipeline) });
  }
  for await (const part of readParts(transaction, putsIn)) changes.addPart({ part, factor: 1, ...where(part, pipeline) });
  const rows = changes.rows();
  const before = new RangeTotals(EVERYTHING);
  for (let index = 0; index < rows.length; index += TOTALS_PER_READ) {
    for (const row of await transaction.totals.read(pipeline.pipeline, rows.slice(index, index + TOTALS_PER_READ))) before.add(row);
  }
  const { ledgerSequence, ledgerId } = pipeline;
  const differences = rows.map(({ period, key, adjusts, sum, count }) => {
    const total = before.take({ period, key, adjusts }) ?? { sum: 0n, count: 0n };
    const after = { sum: total.sum + sum, count: total.count + count };
    return { period, key, adjusts, before: { sum: total.sum, count: total.count }, after };
  });
  return { rows: differences, ledgerSequence, ledgerId };
}

function where({ period }: { readonly period: string }, { closedThrough }: PipelineRow) {
  return postingPeriod(period, closedThrough);
}

/** All of it is held in memory and printed. */
async function requireBounded(transaction: StoreTransaction, files: readonly FileVersion[]): Promise<void> {
  const parts = await transaction.contributions.parts(files);
  const entries = parts.reduce((sum, part) => sum + part.entries, 0);
  if (entries > PLAN_ENTRIES_MAX)
    throw new TallylineFailure(
      'plan_too_large',
      `its files have ${entries} keys, and a difference of at most ${PLAN_ENTRIES_MAX} is shown`,
    );
}
