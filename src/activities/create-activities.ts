import type { Role } from '../contracts/task-queues';
import { createApplyActivities } from './apply-activities';
import { ApplyLoops } from './apply-loops';
import { createCountActivities } from './count-activities';
import type { ActivityDependencies, Exchange } from './dependencies';
import { FileWatch } from './file-watch';
import { createIntakeActivities } from './intake-activities';
import { createScanActivities } from './scan-activities';

/**
 * The activities of each role. They share one watch, so that an apply in this process tells its waiting files at once, and know the
 * applies of this process, so that a counted file wakes nobody who is awake.
 */
export function createActivities(
  dependencies: ActivityDependencies,
  exchange: Exchange | undefined,
): Readonly<Record<Exclude<Role, 'orchestrate'> | 'intake', object>> {
  const watch = new FileWatch(dependencies.sink);
  const loops = new ApplyLoops();
  const wake = async (pipeline: string): Promise<void> => {
    if (!loops.ask(pipeline)) await dependencies.wake(pipeline);
  };
  const waking = { ...dependencies, wake };
  return {
    scan: createScanActivities(waking),
    count: createCountActivities(waking, watch),
    apply: createApplyActivities(dependencies, watch, loops),
    // Only where there are agents.
    intake: exchange === undefined ? {} : createIntakeActivities({ ...waking, exchange }, watch),
  };
}
