import { policiesOfCounting } from '../../core/plan-choice';
import { planIdOf } from '../../core/plan-name';
import type { Policies } from '../../core/policies';
import type { StoreTransaction } from '../store';
import { requestOf, requirePlan } from './plan-row';

/** The policies of a pipeline; while a plan is counted they are the pipeline's, changed as the plan was asked to. */
export async function effectivePolicies(transaction: StoreTransaction, pipeline: string, policies: Policies): Promise<Policies> {
  const planId = planIdOf(pipeline);
  if (planId === null) return policies;
  const plan = requirePlan(await transaction.plans.read(planId), planId);
  return policiesOfCounting(policies, requestOf(plan).allowances);
}
