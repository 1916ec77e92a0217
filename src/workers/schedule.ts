/** The Temporal Schedule of a pipeline's scan: created or brought in line with the configuration, paused, triggered, shown. */
import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleHandle,
  type ScheduleOptions,
  type ScheduleSpec,
} from '@temporalio/client';
import { pipelineAttribute } from '../contracts/search-attributes';
import { TASK_QUEUES } from '../contracts/task-queues';
import { scanWorkflowId, verifyWorkflowId } from '../core/ids';
import type { scanWorkflow } from '../workflows/scan';
import type { verifyWorkflow } from '../workflows/verify';

export type ScheduleTiming = { readonly everyMs: number } | { readonly cron: string };

export interface ScanSchedule {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly timing: ScheduleTiming;
  /** An agent has the files. */
  readonly isAgent?: true;
}

/** A missed scan need not be made up for: the next one sees everything. Long enough to catch a worker's restart. */
const CATCHUP_WINDOW = '10 minutes';

export function scanScheduleHandle(client: Client, schedule: Pick<ScanSchedule, 'pipeline' | 'sourceId'>): ScheduleHandle {
  return client.schedule.getHandle(scanWorkflowId(schedule.pipeline, schedule.sourceId));
}

export async function applySchedule(client: Client, schedule: ScanSchedule): Promise<'created' | 'updated'> {
  const { pipeline, sourceId } = schedule;
  const settings = { spec: specOf(schedule.timing), action: actionOf(schedule), policies: POLICIES };
  return await putSchedule(client, scanWorkflowId(pipeline, sourceId), pipeline, settings);
}

/** The sink is checked on a schedule of its own, whatever becomes of the scans. */
export async function applyVerifySchedule(client: Client, { pipeline, everyMs }: VerifySchedule): Promise<'created' | 'updated'> {
  const action = {
    type: 'startWorkflow' as const,
    workflowType: 'verifyWorkflow' satisfies (typeof verifyWorkflow)['name'],
    workflowId: verifyWorkflowId(pipeline),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [{ pipeline }],
    staticSummary: `Verification of ${pipeline}`,
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  };
  return await putSchedule(client, verifyWorkflowId(pipeline), pipeline, { spec: specOf({ everyMs }), action, policies: POLICIES });
}

export interface VerifySchedule {
  readonly pipeline: string;
  readonly everyMs: number;
}

type ScheduleSettings = Pick<ScheduleOptions, 'spec' | 'action' | 'policies'>;

async function putSchedule(
  client: Client,
  scheduleId: string,
  pipeline: string,
  settings: ScheduleSettings,
): Promise<'created' | 'updated'> {
  try {
    await client.schedule.getHandle(scheduleId).update((previous) => ({ ...settings, state: previous.state }));
    return 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const typedSearchAttributes = [{ key: pipelineAttribute, value: pipeline }];
    await client.schedule.create({ scheduleId, ...settings, typedSearchAttributes });
    return 'created';
  }
}

/** Overlap SKIP: a second scan would find the same rows. A failed scan must not pause the next, which is its remedy. */
const POLICIES = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false } as const;

function specOf(timing: ScheduleTiming): ScheduleSpec {
  return 'cron' in timing ? { cronExpressions: [timing.cron], timezone: 'UTC' } : { intervals: [{ every: timing.everyMs }] };
}

function actionOf({ pipeline, sourceId, isAgent }: ScanSchedule) {
  return {
    type: 'startWorkflow' as const,
    workflowType: 'scanWorkflow' satisfies (typeof scanWorkflow)['name'],
    workflowId: scanWorkflowId(pipeline, sourceId),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [{ pipeline, sourceId, ...(isAgent && { isAgent }) }],
    staticSummary: `Scan of ${sourceId} for ${pipeline}`,
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  };
}
