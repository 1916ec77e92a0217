/**
 * Merges counted files into the totals. Signals are hints: the apply activity takes its batch from the sink, so that a lost,
 * repeated or late signal changes nothing. Ends when idle; the next signal-with-start begins it anew.
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ApplyActivities } from '../contracts/activity-types';
import { WAKE_SIGNAL_NAME } from '../contracts/messages';
import type { AggregateInput, AggregateResult } from '../contracts/workflow-types';
import { applyOptions } from './activity-options';

const IDLE_MS = 2_000;
/** A stopped pipeline is looked at again this often; a retried activity instead would never let the run continue as new. */
const STOPPED_MS = 5_000;
/** Early: every signal is an event, and a history must stay cheap to load. */
const EVENTS_MAX = 1_000;

const { applyCounted } = proxyActivities<ApplyActivities>(applyOptions);
const wakeSignal = defineSignal(WAKE_SIGNAL_NAME);

// It has a run at all times while files come: one that stayed with its build would keep an old worker for ever. Temporal refuses a word
// about versions from a worker without one.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  aggregateWorkflow,
);

export async function aggregateWorkflow(input: AggregateInput): Promise<AggregateResult> {
  let isWoken = true;
  let applied = 0;
  setHandler(wakeSignal, () => {
    isWoken = true;
  });
  for (;;) {
    isWoken = false;
    const batch = await applyCounted(input);
    applied += batch.applied;
    setCurrentDetails(`${applied} files applied by this run, ${batch.remaining} waiting`);
    if (batch.remaining > 0) isWoken = true;
    if (batch.stopReason !== null) {
      setCurrentDetails(`the pipeline is stopped: ${batch.stopReason}`);
      await sleep(STOPPED_MS);
      isWoken = true;
    }
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    // The next run applies first whatever was signalled, so that no signal needs to be carried over.
    if (historyLength >= EVENTS_MAX || continueAsNewSuggested) await continueAsNew<typeof aggregateWorkflow>(input);
    if (!isWoken && !(await condition(() => isWoken, IDLE_MS))) return { applied };
  }
}
