/** The splits of a file that an agent has: it counts them, and the intake decides about the file. */
import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { CountSplitResult } from '../contracts/activity-types';
import type { AdmitForAgentResult, AgentActivities, CountForIntakeInput, IntakeActivities } from '../contracts/agent-types';
import type { AgentAddress, FileInput } from '../contracts/workflow-types';
import { factOf, isQuarantineReason } from '../core/failures';
import { PARTIAL_MISSING_TIMES_MAX } from '../core/limits';
import { countOptions, handOverOptions, onAgent, onIntake } from './activity-options';
import { isAgentAway } from './agent-away';
import { addressOf, type SplitCounter } from './split-counters';

export function agentCounts(input: FileInput, agent: AgentAddress): SplitCounter {
  const { heartbeatTimeoutMs } = input.settings;
  const intake = proxyActivities<IntakeActivities>(onIntake(countOptions(0, heartbeatTimeoutMs)));
  const { handOver } = proxyActivities<IntakeActivities>(onIntake(handOverOptions(0, heartbeatTimeoutMs)));
  const address = addressOf(input);
  let hasFailed = false;

  async function count({ planDigest, splitBytesMax, file }: AdmitForAgentResult, splitIndex: number): Promise<CountSplitResult> {
    const split = { ...address, planDigest, splitIndex };
    if (file === null) throw ApplicationFailure.nonRetryable(`${input.file} has splits and no file`, 'invariant_violated');
    const options = onAgent(agent, 'count', countOptions(splitBytesMax, heartbeatTimeoutMs));
    const { spanningRecord, ...counted } = await untilTakenUp(proxyActivities<AgentActivities>(options), { ...split, file });
    return spanningRecord === undefined ? counted : await intake.replacePlan({ ...split, spanningRecord });
  }

  /** However long it takes: a file of an agent that is away waits, and goes on from its checkpoints. */
  async function untilTakenUp(onAgentQueue: AgentActivities, split: CountForIntakeInput) {
    for (let heartbeat: unknown; ;) {
      try {
        const counted = await onAgentQueue.countForIntake({ ...split, ...(heartbeat !== undefined && { heartbeat }) });
        setCurrentDetails('');
        return counted;
      } catch (error) {
        if (!isAgentAway(error)) {
          hasFailed = true;
          return await setAsideFor(error);
        }
        // Another split has ended the file.
        if (hasFailed) throw error;
        heartbeat = lastHeartbeat(error) ?? heartbeat;
        await tellAway();
      }
    }
  }

  async function tellAway(): Promise<void> {
    setCurrentDetails(`waits for the agent of ${agent.sourceId}, which takes no work`);
    await intake.reportAgentAway({ pipeline: input.pipeline, sourceId: agent.sourceId, waitedMs: agent.awayAfterMs });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew(input);
  }

  /** The agent has no database to set the file aside in. Always throws. */
  async function setAsideFor(error: unknown): Promise<never> {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    const reason = cause instanceof ApplicationFailure && cause.nonRetryable ? (cause.type ?? '') : '';
    if (!isQuarantineReason(reason)) throw error;
    return await intake.setAside({ ...address, reason, detail: factOf(cause?.message ?? '', reason) });
  }

  return {
    admit: () => intake.admitForAgent(address),
    count: (admission, splitIndex) => count(admission as AdmitForAgentResult, splitIndex),
    lost: async (times) => {
      if (times < PARTIAL_MISSING_TIMES_MAX) return;
      const detail = `its partials were not in the exchange when it was handed over, ${times} times`;
      await intake.setAside({ ...address, reason: 'partial_missing', detail });
    },
    lastSteps: { handOver, cancelFile: intake.cancelFile },
  };
}

/** What the attempt said that was begun before nobody took the next one up. */
function lastHeartbeat(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
}
