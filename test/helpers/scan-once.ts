/** A whole scan through its activities, without a server: stretch by stretch, as the workflow asks for them. */
import type { ActivityDependencies } from '../../src/activities/dependencies';
import { createScanActivities } from '../../src/activities/scan-activities';
import type { ListSourceResult } from '../../src/contracts/activity-types';
import { PIPELINE, runActivity } from './activity-bed';

export interface ScanOutcome {
  readonly complete: boolean;
  readonly listed: number;
  readonly registered: number;
  readonly unsettled: number;
  readonly stretches: number;
}

/** `attempts`: of each stretch. One that fails the last time ends the scan as incomplete. */
export async function scanOnce(dependencies: ActivityDependencies, attempts = 1): Promise<ScanOutcome> {
  const { listSource } = createScanActivities(dependencies);
  const sums = { listed: 0, registered: 0, unsettled: 0, stretches: 0 };
  const startedAtMs = dependencies.now();
  let cursor: string | null = null;
  let failed = 0;
  do {
    try {
      const page: ListSourceResult = await runActivity(listSource, { pipeline: PIPELINE, cursor, problem: null, startedAtMs });
      cursor = page.cursor;
      sums.listed += page.listed;
      sums.registered += page.registered;
      sums.unsettled += page.unsettled;
      sums.stretches += 1;
      if (cursor === null) return { ...sums, complete: page.problem === null };
      failed = 0;
    } catch {
      failed += 1;
    }
  } while (failed < attempts);
  return { ...sums, complete: false };
}
