/** Who counts the splits of a file: workers that have the database, or the agent that has the file. */
import { proxyActivities } from '@temporalio/workflow';
import type { AdmitFileResult, CountActivities, CountSplitResult, FileActivityInput } from '../contracts/activity-types';
import type { FileInput } from '../contracts/workflow-types';
import { countOptions, handOverOptions } from './activity-options';

export interface SplitCounter {
  admit(): Promise<AdmitFileResult>;
  count(admission: AdmitFileResult, splitIndex: number): Promise<CountSplitResult>;
  /** What was counted was not there when the file was handed over, so often by now. */
  lost(times: number): Promise<void>;
  readonly lastSteps: Pick<CountActivities, 'handOver' | 'cancelFile'>;
}

export function addressOf({ pipeline, fileId, version }: FileInput): FileActivityInput {
  return { pipeline, fileId, version };
}

export function workersCount(input: FileInput): SplitCounter {
  const { heartbeatTimeoutMs } = input.settings;
  const { admitFile, cancelFile } = proxyActivities<CountActivities>(countOptions(0, heartbeatTimeoutMs));
  const { handOver } = proxyActivities<CountActivities>(handOverOptions(0, heartbeatTimeoutMs));
  return {
    admit: () => admitFile(addressOf(input)),
    count: ({ planDigest, splitBytesMax }, splitIndex) => {
      const { countSplit } = proxyActivities<CountActivities>(countOptions(splitBytesMax, heartbeatTimeoutMs));
      return countSplit({ ...addressOf(input), planDigest, splitIndex });
    },
    // The database counts the times itself, when it applies.
    lost: () => Promise.resolve(),
    lastSteps: { handOver, cancelFile },
  };
}
