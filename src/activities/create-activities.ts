import type { Role } from '../contracts/task-queues';
import { createApplyActivities } from './apply-activities';
import { ApplyLoops } from './apply-loops';
import { createCountActivities } from './count-activities';
import type { ActivityDependencies } from './dependencies';
import { FileWatch } from './file-watch';
import { createScanActivities } from './scan-activities';

/**
 * The activities of each role. They share one watch, so that an apply in this process tells its waiting files at once, and know the
 * applies of this process, so that a counted file wakes nobody who is awake.
 */
export function createActivities(dependencies: ActivityDependencies): Readonly<Record<Exclude<Role, 'orchestrate'>, object>> {
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
  };
}
