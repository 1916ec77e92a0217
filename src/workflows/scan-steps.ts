/** Who lists a source and compares what it shows: workers that have the database, or an agent and the intake. */
import { proxyActivities } from '@temporalio/workflow';
import type { ListSourceResult, ScanActivities, ScanSettings } from '../contracts/activity-types';
import type { AgentActivities, IntakeActivities } from '../contracts/agent-types';
import type { AgentAddress, FileSettings, ScanInput, ScanProgress } from '../contracts/workflow-types';
import { listOptions, onAgent, onIntake, registerOptions, scanOptions } from './activity-options';
import { isAgentAway } from './agent-away';

type Stretch = Pick<ScanProgress, 'cursor' | 'problem' | 'startedAtMs'>;
type OfSource = Pick<ScanInput, 'pipeline' | 'sourceId'>;

export interface ScanSteps extends Pick<ScanActivities, 'readScanSettings' | 'nextFiles' | 'reportIncompleteScan'> {
  /** Lists one stretch and registers what is new in it. */
  listSource(stretch: Stretch, settings: ScanSettings): Promise<ListSourceResult>;
}

export function scanStepsOf({ pipeline, sourceId, isAgent }: ScanInput): ScanSteps {
  return isAgent ? agentLists({ pipeline, sourceId }) : workersList({ pipeline, sourceId });
}

/** Of the files that a scan or a backfill starts. */
export function fileSettingsOf({ file, agentAwayAfterMs }: ScanSettings, agentSourceId: string | undefined): FileSettings {
  return agentSourceId === undefined ? file : { ...file, agent: agentAddress(agentSourceId, agentAwayAfterMs) };
}

/** Where the configuration of the workers says nothing, since it has no agents. */
const AWAY_AFTER_MS = 300_000;

export function agentAddress(sourceId: string, awayAfterMs: number = AWAY_AFTER_MS): AgentAddress {
  return { sourceId, awayAfterMs };
}

function workersList(source: OfSource): ScanSteps {
  const { readScanSettings, nextFiles, reportIncompleteScan } = proxyActivities<ScanActivities>(scanOptions);
  const { listSource } = proxyActivities<ScanActivities>(listOptions);
  return {
    ...{ readScanSettings, nextFiles, reportIncompleteScan },
    listSource: ({ cursor, problem, startedAtMs }) => listSource({ ...source, cursor, problem, startedAtMs }),
  };
}

function agentLists(source: OfSource): ScanSteps {
  const { readScanSettings, nextFiles, reportIncompleteScan, reportAgentAway } = proxyActivities<IntakeActivities>(onIntake(scanOptions));
  const { registerListing } = proxyActivities<IntakeActivities>(registerOptions);

  async function listSource({ cursor, problem, startedAtMs }: Stretch, settings: ScanSettings): Promise<ListSourceResult> {
    const agent = agentAddress(source.sourceId, settings.agentAwayAfterMs);
    const { listForIntake } = proxyActivities<AgentActivities>(onAgent(agent, 'scan', listOptions));
    try {
      const listing = await listForIntake({ ...source, cursor, problem });
      return await registerListing({ ...source, listing, isFirst: cursor === null, startedAtMs });
    } catch (error) {
      if (!isAgentAway(error)) throw error;
      await reportAgentAway({ ...source, waitedMs: agent.awayAfterMs });
      throw new Error(`the agent of ${source.sourceId} takes no work`);
    }
  }

  return {
    ...{ readScanSettings, reportIncompleteScan, listSource },
    nextFiles: (input) => nextFiles({ ...input, sourceId: source.sourceId }),
  };
}
