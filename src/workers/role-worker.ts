/** One Temporal worker for one role: its task queue, its activities, its limits. */
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerDeploymentOptions, type WorkerOptions } from '@temporalio/worker';
import { TASK_QUEUES, type Role } from '../contracts/task-queues';
import { workflowBundlePath } from './workflow-bundle';

export interface RoleWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dataConverter?: DataConverter;
  /** Of worker versioning. */
  readonly deployment?: { readonly name: string; readonly buildId: string };
  readonly activities: Readonly<Record<Exclude<Role, 'orchestrate'>, object>>;
  readonly shutdownGraceMs: number;
  readonly checkpointIntervalMs: number;
  /** Files that may wait to be applied while others are counted: each holds one slot of the count role. */
  readonly windowFiles: number;
}

/** After the grace, an activity that does not notice its cancellation is given up after this. */
const FORCE_AFTER_GRACE_MS = 5_000;
const SCAN_ACTIVITIES_MAX = 20;

export async function createRoleWorker(role: Role, options: RoleWorkerOptions): Promise<Worker> {
  const { connection, namespace, dataConverter, deployment, shutdownGraceMs } = options;
  const common = {
    connection,
    namespace,
    ...(dataConverter && { dataConverter }),
    ...(deployment && { workerDeploymentOptions: toDeploymentOptions(deployment) }),
    taskQueue: TASK_QUEUES[role],
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + FORCE_AFTER_GRACE_MS,
    // A kill loses at most this much of the heartbeats, and with them of the reading.
    maxHeartbeatThrottleInterval: options.checkpointIntervalMs,
    defaultHeartbeatThrottleInterval: options.checkpointIntervalMs,
  } satisfies WorkerOptions;
  if (role === 'orchestrate') {
    return await Worker.create({ ...common, workflowBundle: { codePath: workflowBundlePath() } });
  }
  return await Worker.create({
    ...common,
    activities: options.activities[role],
    maxConcurrentActivityTaskExecutions: slots(role, options),
  });
}

/** A workflow stays with the build that began it, unless it says otherwise. */
function toDeploymentOptions({ name, buildId }: NonNullable<RoleWorkerOptions['deployment']>): WorkerDeploymentOptions {
  return { useWorkerVersioning: true, version: { deploymentName: name, buildId }, defaultVersioningBehavior: 'PINNED' };
}

function slots(role: Exclude<Role, 'orchestrate'>, options: RoleWorkerOptions): number {
  switch (role) {
    case 'scan':
      return SCAN_ACTIVITIES_MAX;
    case 'count':
      return options.windowFiles + 2 * SCAN_ACTIVITIES_MAX;
    case 'apply':
      return SCAN_ACTIVITIES_MAX;
  }
}
