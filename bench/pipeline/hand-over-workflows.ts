/** Ways in which a file workflow can learn that its file is in the totals, without any counting: what each costs the server. */
import { condition, defineSignal, getExternalWorkflowHandle, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import { AGGREGATE_ID, type HandOverActivities, type HandOverWay } from './hand-over-names';

const { wakeByClient, handOver, applyPending } = proxyActivities<HandOverActivities>({ startToCloseTimeout: 600_000 });
const wakeSignal = defineSignal<[string?]>('wake');
const appliedSignal = defineSignal('applied');
const stopSignal = defineSignal('stop');

export async function handOverFileWorkflow(way: HandOverWay): Promise<void> {
  if (way === 'token' || way === 'watch') return await handOver(way);
  let isApplied = false;
  setHandler(appliedSignal, () => {
    isApplied = true;
  });
  const { workflowId } = workflowInfo();
  if (way === 'workflow signals') await getExternalWorkflowHandle(AGGREGATE_ID).signal(wakeSignal, workflowId);
  else await wakeByClient(workflowId);
  await condition(() => isApplied);
}

/** Ends when told. Its files are few enough for one history. */
export async function handOverAggregateWorkflow(way: HandOverWay): Promise<void> {
  const told = { isWoken: false, isStopped: false };
  let waiting: string[] = [];
  setHandler(wakeSignal, (workflowId) => {
    told.isWoken = true;
    if (workflowId !== undefined) waiting.push(workflowId);
  });
  setHandler(stopSignal, () => {
    told.isStopped = true;
  });
  for (;;) {
    await condition(() => told.isWoken || told.isStopped);
    if (told.isStopped) return;
    told.isWoken = false;
    const batch = waiting;
    waiting = [];
    await applyPending(way);
    await Promise.all(batch.map((workflowId) => getExternalWorkflowHandle(workflowId).signal(appliedSignal)));
  }
}
