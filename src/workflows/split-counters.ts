/** Who counts the splits of a file: workers that have the database, or the agent that has the file. */
import { ActivityFailure, ApplicationFailure, continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { AdmitFileResult, CountActivities, CountSplitResult, FileActivityInput } from '../contracts/activity-types';
import type { AdmitForAgentResult, AgentActivities, IntakeActivities } from '../contracts/agent-types';
import type { AgentAddress, FileInput } from '../contracts/workflow-types';
import { factOf, isQuarantineReason } from '../core/failures';
import { countOptions, handOverOptions, onAgent, onIntake } from './activity-options';
import { isAgentAway } from './agent-away';

export interface SplitCounter {
  admit(): Promise<AdmitFileResult>;
  count(admission: AdmitFileResult, splitIndex: number): Promise<CountSplitResult>;
  readonly lastSteps: Pick<CountActivities, 'handOver' | 'cancelFile'>;
}

export function splitCounterOf(input: FileInput): SplitCounter {
  const { agent } = input.settings;
  return agent === undefined ? workersCount(input) : agentCounts(input, agent);
}

export function addressOf({ pipeline, fileId, version }: FileInput): FileActivityInput {
  return { pipeline, fileId, version };
}

function workersCount(input: FileInput): SplitCounter {
  const { heartbeatTimeoutMs } = input.settings;
  const { admitFile, cancelFile } = proxyActivities<CountActivities>(countOptions(0, heartbeatTimeoutMs));
  const { handOver } = proxyActivities<CountActivities>(handOverOptions(0, heartbeatTimeoutMs));
  return {
    admit: () => admitFile(addressOf(input)),
    count: ({ planDigest, splitBytesMax }, splitIndex) => {
      const { countSplit } = proxyActivities<CountActivities>(countOptions(splitBytesMax, heartbeatTimeoutMs));
      return countSplit({ ...addressOf(input), planDigest, splitIndex });
    },
    lastSteps: { handOver, cancelFile },
  };
}

function agentCounts(input: FileInput, agent: AgentAddress): SplitCounter {
  const { heartbeatTimeoutMs } = input.settings;
  const intake = proxyActivities<IntakeActivities>(onIntake(countOptions(0, heartbeatTimeoutMs)));
  const { handOver } = proxyActivities<IntakeActivities>(onIntake(handOverOptions(0, heartbeatTimeoutMs)));
  const address = addressOf(input);

  async function count({ planDigest, splitBytesMax, file }: AdmitForAgentResult, splitIndex: number): Promise<CountSplitResult> {
    const split = { ...address, planDigest, splitIndex };
    if (file === null) throw ApplicationFailure.nonRetryable(`${input.file} has splits and no file`, 'invariant_violated');
    const options = onAgent(agent, 'count', countOptions(splitBytesMax, heartbeatTimeoutMs));
    const { countForIntake } = proxyActivities<AgentActivities>(options);
    const { spanningRecord, ...counted } = await untilTakenUp(() => countForIntake({ ...split, file }));
    return spanningRecord === undefined ? counted : await intake.replacePlan({ ...split, spanningRecord });
  }

  /** However long it takes: a file of an agent that is away waits. */
  async function untilTakenUp<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isAgentAway(error)) return await setAsideFor(error);
        setCurrentDetails(`waits for the agent of ${agent.sourceId}, which takes no work`);
        await intake.reportAgentAway({ pipeline: input.pipeline, sourceId: agent.sourceId, waitedMs: agent.awayAfterMs });
        if (workflowInfo().continueAsNewSuggested) await continueAsNew(input);
      }
    }
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
    lastSteps: { handOver, cancelFile: intake.cancelFile },
  };
}
