import { CompleteAsyncError, Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { AGGREGATE_ID, type HandOverActivities } from './hand-over-names';

/** The sink of these files is this process's memory. */
export function createHandOverActivities(client: Client): HandOverActivities {
  const files: string[] = [];
  const tokens: Uint8Array[] = [];
  const watching: (() => void)[] = [];
  const wake = () => client.workflow.getHandle(AGGREGATE_ID).signal('wake');
  return {
    wakeByClient: async (workflowId) => {
      files.push(workflowId);
      await wake();
    },
    handOver: async (way) => {
      if (way === 'token') {
        tokens.push(Context.current().info.taskToken);
        await wake();
        throw new CompleteAsyncError();
      }
      const applied = new Promise<void>((resolve) => watching.push(resolve));
      await wake();
      await applied;
    },
    applyPending: async () => {
      await Promise.all([
        ...files.splice(0).map((workflowId) => client.workflow.getHandle(workflowId).signal('applied')),
        ...tokens.splice(0).map((token) => client.activity.complete(token, undefined)),
      ]);
      for (const resolve of watching.splice(0)) resolve();
    },
  };
}
