/** One Temporal worker for one task queue: what it does there, and its limits. */
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerDeploymentOptions, type WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config/config';
import { TASK_QUEUES } from '../contracts/task-queues';
import { clientOptions } from './temporal-target';
import { workflowBundlePath } from './workflow-bundle';

export interface RoleWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dataConverter?: DataConverter;
  /** Of worker versioning. */
  readonly deployment?: { readonly name: string; readonly buildId: string };
  readonly shutdownGraceMs: number;
  readonly checkpointIntervalMs: number;
}

/** As configured, but for worker versioning, which is the fleet's. */
export function toWorkerOptions({ temporal, worker, pipelines }: Config, connection: NativeConnection): RoleWorkerOptions {
  return {
    connection,
    ...clientOptions(temporal),
    shutdownGraceMs: worker.shutdownGraceMs,
    checkpointIntervalMs: Math.min(...pipelines.map(({ checkpoint }) => checkpoint.intervalMs)),
  };
}

/** After the grace, an activity that does not notice its cancellation is given up after this. */
const FORCE_AFTER_GRACE_MS = 5_000;

/** Polls workflow tasks alone, so that counting cannot starve them. */
export async function createWorkflowWorker(options: RoleWorkerOptions): Promise<Worker> {
  const workflowBundle = { codePath: workflowBundlePath() };
  return await Worker.create({ ...commonOptions(options), taskQueue: TASK_QUEUES.orchestrate, workflowBundle });
}

export interface QueueOptions {
  readonly taskQueue: string;
  readonly activities: object;
  readonly slots: number;
}

export async function createActivityWorker({ taskQueue, activities, slots }: QueueOptions, options: RoleWorkerOptions): Promise<Worker> {
  return await Worker.create({ ...commonOptions(options), taskQueue, activities, maxConcurrentActivityTaskExecutions: slots });
}

function commonOptions({ connection, namespace, dataConverter, deployment, shutdownGraceMs, checkpointIntervalMs }: RoleWorkerOptions) {
  return {
    connection,
    namespace,
    ...(dataConverter && { dataConverter }),
    ...(deployment && { workerDeploymentOptions: toDeploymentOptions(deployment) }),
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + FORCE_AFTER_GRACE_MS,
    // A kill loses at most this much of the heartbeats, and with them of the reading.
    maxHeartbeatThrottleInterval: checkpointIntervalMs,
    defaultHeartbeatThrottleInterval: checkpointIntervalMs,
  } satisfies Partial<WorkerOptions>;
}

/** A workflow stays with the build that began it, unless it says otherwise. */
function toDeploymentOptions({ name, buildId }: NonNullable<RoleWorkerOptions['deployment']>): WorkerDeploymentOptions {
  return { useWorkerVersioning: true, version: { deploymentName: name, buildId }, defaultVersioningBehavior: 'PINNED' };
}
