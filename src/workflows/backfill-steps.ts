/** Who finds the files that a backfill chose: workers that have the database, or an agent and the intake. */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ListBackfillInput, ListBackfillResult, ScanActivities, WatchFilesResult } from '../contracts/activity-types';
import type { AgentActivities, AgentInput, IntakeActivities } from '../contracts/agent-types';
import type { BackfillInput } from '../contracts/workflow-types';
import { onAgent, onIntake, registerOptions, scanOptions } from './activity-options';
import { isAgentAway, isListingOver } from './agent-away';
import { agentAddress } from './scan-steps';

type Page = Omit<ListBackfillInput, 'pipeline'>;

export interface BackfillSteps {
  /** Registers them by the rules of every scan. */
  readonly listBackfill: (page: Page) => Promise<ListBackfillResult>;
  readonly watchFiles: (fileIds: readonly string[]) => Promise<WatchFilesResult>;
}

// Without an end to the retries, unlike a scan: nobody asks for these files again by himself.
export function backfillStepsOf({ pipeline, sourceId }: BackfillInput): BackfillSteps {
  if (sourceId !== undefined) return agentFinds({ pipeline, sourceId });
  const { listBackfill, watchFiles } = proxyActivities<ScanActivities>(scanOptions);
  return {
    listBackfill: (page) => listBackfill({ pipeline, ...page }),
    watchFiles: (fileIds) => watchFiles({ pipeline, fileIds }),
  };
}

function agentFinds(source: AgentInput): BackfillSteps {
  const intake = proxyActivities<IntakeActivities>(onIntake(scanOptions));
  const { registerChosen } = proxyActivities<IntakeActivities>(registerOptions);

  async function listBackfill({ choice, cursor }: Page): Promise<ListBackfillResult> {
    const { roomFiles: pageFiles, settings } = await intake.readBackfillRoom(source);
    const agent = agentAddress(source.sourceId, settings.agentAwayAfterMs);
    const { chooseForIntake } = proxyActivities<AgentActivities>(onAgent(agent, 'scan', scanOptions));
    try {
      return await registerChosen({ ...source, chosen: await chooseForIntake({ ...source, choice, cursor, pageFiles }) });
    } catch (error) {
      if (isAgentAway(error)) {
        setCurrentDetails(`waits for the agent of ${source.sourceId}, which takes no work`);
        await intake.reportAgentAway({ ...source, waitedMs: agent.awayAfterMs });
      } else if (!isListingOver(error)) throw error;
      // An empty page: the backfill asks again, and continues as new when its history is full.
      return { ...NOTHING, cursor: choice.kind === 'keys' ? '0' : cursor, settings };
    }
  }

  return { listBackfill, watchFiles: (fileIds) => intake.watchFiles({ pipeline: source.pipeline, fileIds }) };
}

const NOTHING = { hasMore: true, problem: null, matched: 0, files: [], states: {} } as const;
