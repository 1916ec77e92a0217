/** Counts chosen files without touching the totals, and says what applying them would do. */
import { ApplicationFailure, executeChild, ParentClosePolicy, proxyActivities, setCurrentDetails, uuid4 } from '@temporalio/workflow';
import type { ApplyActivities } from '../contracts/activity-types';
import { parseBackfillChoice } from '../contracts/backfill-choice';
import { parsePlanAllowances } from '../contracts/plan-request';
import { pipelineAttribute } from '../contracts/search-attributes';
import { TASK_QUEUES } from '../contracts/task-queues';
import type { PlanInput, PlanResult } from '../contracts/workflow-types';
import { TallylineFailure } from '../core/failures';
import { backfillWorkflowId } from '../core/ids';
import { PLAN_LIFETIME_MS, PLAN_LIFETIME_MS_MAX } from '../core/limits';
import { applyOptions } from './activity-options';
import { backfillWorkflow } from './backfill';

const { createPlan, sealPlan } = proxyActivities<ApplyActivities>(applyOptions);
const PLAN_ID_CHARACTERS = 8;

export async function planWorkflow(input: PlanInput): Promise<PlanResult> {
  const { allowances, lifetimeMs, choice } = request(input);
  const { pipeline } = input;
  // Drawn from the history, so that a replay and a retried activity name the same plan.
  const planId = `p-${uuid4().slice(0, PLAN_ID_CHARACTERS)}`;
  const { shadow, expiresAt } = await createPlan({ pipeline, planId, description: JSON.stringify(choice), allowances, lifetimeMs });
  setCurrentDetails(`plan ${planId}: its files are counted under ${shadow}`);
  const counted = await executeChild(backfillWorkflow, {
    workflowId: backfillWorkflowId(shadow, 'plan'),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [{ ...choice, pipeline: shadow }],
    // Whoever ends the plan wants nothing more of it to be started.
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    typedSearchAttributes: [{ key: pipelineAttribute, value: shadow }],
    staticSummary: `Counts the files of plan ${planId}`,
  });
  const sealed = await sealPlan({ pipeline, planId });
  setCurrentDetails(`plan ${planId}, to be applied until ${expiresAt}: ${JSON.stringify(sealed.outcomes)}`);
  const { complete, problem } = counted;
  return { planId, shadow, expiresAt, ...sealed, complete, ...(problem !== undefined && { problem }) };
}

/** A wrong input fails the workflow for good; any other error here would fail its task, which is tried for ever. */
function request(input: PlanInput) {
  try {
    // Only for its judgement: the backfill takes the same words.
    parseBackfillChoice(input);
    const { keys, prefix, modifiedFrom, modifiedTo, sourceId, lifetimeMs = PLAN_LIFETIME_MS } = input;
    if (!Number.isSafeInteger(lifetimeMs) || lifetimeMs <= 0 || lifetimeMs > PLAN_LIFETIME_MS_MAX)
      throw new TallylineFailure('config_invalid', `a plan cannot be made: it lives for at most ${PLAN_LIFETIME_MS_MAX} ms`);
    const choice = {
      ...(keys !== undefined && { keys }),
      ...(prefix !== undefined && { prefix }),
      ...(modifiedFrom !== undefined && { modifiedFrom }),
      ...(modifiedTo !== undefined && { modifiedTo }),
      ...(sourceId !== undefined && { sourceId }),
    };
    return { allowances: parsePlanAllowances(input), lifetimeMs, choice };
  } catch (error) {
    if (error instanceof TallylineFailure) throw ApplicationFailure.nonRetryable(error.message, error.code);
    throw error;
  }
}
