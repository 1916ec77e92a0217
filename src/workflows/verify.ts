/** Checks every invariant of a pipeline's sink, on a schedule of its own. A mismatch stops the pipeline and fails the workflow. */
import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { ApplyActivities } from '../contracts/activity-types';
import type { VerifyInput, VerifyResult } from '../contracts/workflow-types';
import { verifyOptions } from './activity-options';

const { verifySink } = proxyActivities<ApplyActivities>(verifyOptions);

export async function verifyWorkflow(input: VerifyInput): Promise<VerifyResult> {
  const result = await verifySink(input);
  if (result.mismatches === 0) return result;
  throw ApplicationFailure.nonRetryable(
    `${input.pipeline} is stopped: ${result.mismatches} mismatches, the first: ${result.first ?? ''}`,
    'invariant_violated',
  );
}
