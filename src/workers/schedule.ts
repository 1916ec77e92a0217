/** The Temporal Schedule of a pipeline's scan: created or brought in line with the configuration, paused, triggered, shown. */
import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleHandle, type ScheduleSpec } from '@temporalio/client';
import { pipelineAttribute } from '../contracts/search-attributes';
import { TASK_QUEUES } from '../contracts/task-queues';
import { scanWorkflowId } from '../core/ids';
import type { scanWorkflow } from '../workflows/scan';

export type ScheduleTiming = { readonly everyMs: number } | { readonly cron: string };

export interface ScanSchedule {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly timing: ScheduleTiming;
}

/** A missed scan need not be made up for: the next one sees everything. Long enough to catch a worker's restart. */
const CATCHUP_WINDOW = '10 minutes';

export function scanScheduleHandle(client: Client, schedule: Pick<ScanSchedule, 'pipeline' | 'sourceId'>): ScheduleHandle {
  return client.schedule.getHandle(scanWorkflowId(schedule.pipeline, schedule.sourceId));
}

export async function applySchedule(client: Client, schedule: ScanSchedule): Promise<'created' | 'updated'> {
  const handle = scanScheduleHandle(client, schedule);
  const settings = { spec: specOf(schedule.timing), action: actionOf(schedule), policies: POLICIES };
  try {
    await handle.update((previous) => ({ ...settings, state: previous.state }));
    return 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    const typedSearchAttributes = [{ key: pipelineAttribute, value: schedule.pipeline }];
    await client.schedule.create({ scheduleId: handle.scheduleId, ...settings, typedSearchAttributes });
    return 'created';
  }
}

/** Overlap SKIP: a second scan would find the same rows. A failed scan must not pause the next, which is its remedy. */
const POLICIES = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW, pauseOnFailure: false } as const;

function specOf(timing: ScheduleTiming): ScheduleSpec {
  return 'cron' in timing ? { cronExpressions: [timing.cron], timezone: 'UTC' } : { intervals: [{ every: timing.everyMs }] };
}

function actionOf({ pipeline, sourceId }: ScanSchedule) {
  return {
    type: 'startWorkflow' as const,
    workflowType: 'scanWorkflow' satisfies (typeof scanWorkflow)['name'],
    workflowId: scanWorkflowId(pipeline, sourceId),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [{ pipeline, sourceId }],
    staticSummary: `Scan of ${sourceId} for ${pipeline}`,
    typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline }],
  };
}
