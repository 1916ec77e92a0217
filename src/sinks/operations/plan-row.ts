/** Plans as they are stored, and the pipeline of its own under which each is counted. */
import { canonicalJson } from '../../core/canonical-json';
import { TallylineFailure } from '../../core/failures';
import type { PlanAllowances } from '../../core/plan-choice';
import { configuredPipeline, planIdOf, shadowPipeline } from '../../core/plan-name';
import type { Policies } from '../../core/policies';
import type { CreatePlanInput, PlanItem, PlanRow, PlanSummary } from '../sink-plans';
import type { StoredPlan, StoreTransaction } from '../store';
import { requirePipeline } from './pipeline-lock';
import { newPipeline } from './pipelines';

/** What is kept of the request; JSON in the row. */
export interface PlanRequest {
  readonly description: string;
  readonly allowances: PlanAllowances;
  /** Of the pipeline, when the plan was made. */
  readonly policies: Policies;
}

/** Does nothing when it exists. Throws not_allowed when another one has its name. */
export async function createPlan(transaction: StoreTransaction, input: CreatePlanInput): Promise<PlanRow> {
  const { planId, pipeline, description, allowances, policies, nowMs, expiresMs } = input;
  const existing = await transaction.plans.lock(planId);
  if (existing) return toPlanRow(requireSame(existing, input));
  const row = requirePipeline(await transaction.pipelines.share(pipeline), pipeline);
  const shadow = shadowPipeline(pipeline, planId);
  const request: PlanRequest = { description, allowances, policies };
  const plan: StoredPlan = {
    planId,
    pipeline,
    shadow,
    createdMs: nowMs,
    expiresMs,
    choice: JSON.stringify(request),
    sealed: null,
    appliedFrom: null,
    appliedUntil: null,
  };
  await transaction.plans.insert(plan);
  const { meaning, scale, unit } = row;
  await transaction.pipelines.insert(newPipeline({ pipeline: shadow, meaning, scale, unit }));
  return toPlanRow(plan);
}

/** Names are short, and drawn: two may be equal. Whoever got another's plan would apply what he never looked at. */
function requireSame(existing: StoredPlan, { planId, pipeline, description, allowances }: CreatePlanInput): StoredPlan {
  const request = requestOf(existing);
  const isSame =
    existing.pipeline === pipeline &&
    request.description === description &&
    canonicalJson(request.allowances) === canonicalJson(allowances);
  if (isSame) return existing;
  throw new TallylineFailure('not_allowed', `another plan has the name ${planId}: make the plan again`);
}

export async function readPlan(transaction: StoreTransaction, { planId }: { readonly planId: string }): Promise<PlanSummary | null> {
  const plan = await transaction.plans.read(planId);
  return plan && { ...toPlanRow(plan), items: itemsOf(plan) };
}

/**
 * Forgets the counts of plans that can be applied no more; what they were stays in the plan's row. Answers how many, a bounded number
 * with each call. Goes by the shadows that there are, so that none is missed however many plans were made since.
 */
export async function expirePlans(
  transaction: StoreTransaction,
  { pipeline, nowMs }: { readonly pipeline: string; readonly nowMs: number },
): Promise<number> {
  let expired = 0;
  for (const { pipeline: shadow } of await transaction.pipelines.list()) {
    const planId = configuredPipeline(shadow) === pipeline ? planIdOf(shadow) : null;
    const plan = planId === null ? null : await transaction.plans.read(planId);
    if (plan === null || plan.expiresMs > nowMs) continue;
    await transaction.plans.lock(plan.planId);
    // Whoever registers or applies its files ends first, or finds no pipeline.
    if ((await transaction.pipelines.lockAlone(shadow)) === null) continue;
    await transaction.pipelines.remove(shadow);
    expired += 1;
    if (expired === PLANS_EXPIRED_PER_CALL) break;
  }
  return expired;
}

const PLANS_EXPIRED_PER_CALL = 20;
const PLANS_LISTED_MAX = 1000;

export async function listPlans(transaction: StoreTransaction, { pipeline }: { readonly pipeline: string }): Promise<readonly PlanRow[]> {
  return (await transaction.plans.list(pipeline, PLANS_LISTED_MAX)).map(toPlanRow);
}

export function toPlanRow(plan: StoredPlan): PlanRow {
  const { planId, pipeline, shadow, createdMs, expiresMs, sealed, appliedUntil } = plan;
  return {
    planId,
    pipeline,
    shadow,
    description: requestOf(plan).description,
    createdMs,
    expiresMs,
    isSealed: sealed !== null,
    appliedUntil,
  };
}

export function requestOf({ choice }: StoredPlan): PlanRequest {
  return JSON.parse(choice) as PlanRequest;
}

export function itemsOf({ sealed }: StoredPlan): readonly PlanItem[] {
  return sealed === null ? [] : (JSON.parse(sealed) as readonly PlanItem[]);
}

/** Throws unknown_plan. */
export function requirePlan(plan: StoredPlan | null, planId: string): StoredPlan {
  if (plan === null) throw new TallylineFailure('unknown_plan', `the sink has no plan ${planId}`);
  return plan;
}
