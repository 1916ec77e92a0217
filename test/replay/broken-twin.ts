/** fileWorkflow as a careless change would leave it: it asks for another activity than the recorded histories did. */
import { proxyActivities } from '@temporalio/workflow';
import type { CountActivities } from '../../src/contracts/activity-types';
import type { FileInput } from '../../src/contracts/workflow-types';

export async function fileWorkflow(input: FileInput): Promise<unknown> {
  const { admitFile } = proxyActivities<CountActivities>({ startToCloseTimeout: 60_000 });
  return await admitFile({ pipeline: input.pipeline, fileId: input.fileId, version: input.version });
}
