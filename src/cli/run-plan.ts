/** Starts a plan on the workers and waits until its files are counted. */
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { pipelineAttribute } from '../contracts/search-attributes';
import { TASK_QUEUES } from '../contracts/task-queues';
import type { PlanInput, PlanResult } from '../contracts/workflow-types';
import { FAILURES, TallylineFailure, type FailureCode } from '../core/failures';
import { planWorkflowId } from '../core/ids';
import { innermostCause } from './innermost-cause';

/** Throws the failure under which it ended. */
export async function runPlan(client: Client, input: PlanInput): Promise<PlanResult> {
  const handle = await client.workflow.start('planWorkflow', {
    workflowId: planWorkflowId(input.pipeline, new Date().toISOString()),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [input],
    staticSummary: `Plan for ${input.pipeline}`,
    typedSearchAttributes: [{ key: pipelineAttribute, value: input.pipeline }],
  });
  process.stderr.write(`counting under a plan, without touching the totals: workflow ${handle.workflowId}\n`);
  try {
    return (await handle.result()) as PlanResult;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw toFailure(error);
  }
}

/** The failure under its code of the catalogue; whatever has none is as it came. */
function toFailure(error: WorkflowFailedError): Error {
  const { cause, code } = innermostCause(error);
  if (code === null || !Object.hasOwn(FAILURES, code)) return cause;
  return new TallylineFailure(code as FailureCode, cause.message.split(` [${code}]`, 1)[0] ?? cause.message, { cause });
}
