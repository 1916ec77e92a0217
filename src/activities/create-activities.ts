import type { Role } from '../contracts/task-queues';
import { createApplyActivities } from './apply-activities';
import { createCountActivities } from './count-activities';
import type { ActivityDependencies } from './dependencies';
import { FileWatch } from './file-watch';
import { createScanActivities } from './scan-activities';

/** The activities of each role. They share one watch, so that an apply in this process tells its waiting files at once. */
export function createActivities(dependencies: ActivityDependencies): Readonly<Record<Exclude<Role, 'orchestrate'>, object>> {
  const watch = new FileWatch(dependencies.sink);
  return {
    scan: createScanActivities(dependencies),
    count: createCountActivities(dependencies, watch),
    apply: createApplyActivities(dependencies, watch),
  };
}
