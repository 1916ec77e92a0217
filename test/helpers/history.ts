/** What a history holds: its events by type, and the size of each payload by what it is. */
import type { Client } from '@temporalio/client';
import { PAYLOAD_BUDGET_BYTES, type PayloadKind } from '../../src/contracts/payload-budget';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];
type Payloads = { payloads?: { data?: Uint8Array | null }[] | null } | null | undefined;

export async function fetchHistory(client: Client, workflowId: string, runId?: string): Promise<History> {
  return await client.workflow.getHandle(workflowId, runId).fetchHistory();
}

/** Histories of all runs of a chain, oldest first. */
export async function fetchRuns(client: Client, workflowId: string, firstRunId: string): Promise<History[]> {
  const runs: History[] = [];
  for (let runId: string | null | undefined = firstRunId; runId;) {
    const history = await fetchHistory(client, workflowId, runId);
    runs.push(history);
    runId = history.events?.map((event) => event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId).find(Boolean);
  }
  return runs;
}

export function eventCount(history: History): number {
  return history.events?.length ?? 0;
}

/** Payloads over their budget, as text; empty when all keep it. */
export function payloadsOverBudget(history: History): string[] {
  const activityTypes = new Map<string, string>();
  const problems: string[] = [];
  const check = (kind: PayloadKind, payloads: Payloads, what: string) => {
    for (const { data } of payloads?.payloads ?? []) {
      if ((data?.byteLength ?? 0) > PAYLOAD_BUDGET_BYTES[kind])
        problems.push(`${what}: ${data?.byteLength} bytes, ${kind} has ${PAYLOAD_BUDGET_BYTES[kind]}`);
    }
  };
  for (const event of history.events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      activityTypes.set(String(event.eventId), scheduled.activityType?.name ?? '');
      check('fileInput', scheduled.input, `input of ${scheduled.activityType?.name}`);
    }
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed) {
      const type = activityTypes.get(String(completed.scheduledEventId)) ?? '';
      check(resultKind(type), completed.result, `result of ${type}`);
    }
    check('fileInput', event.startChildWorkflowExecutionInitiatedEventAttributes?.input, 'input of a child');
    check('scanState', event.workflowExecutionContinuedAsNewEventAttributes?.input, 'state carried on');
    check('fileResult', event.workflowExecutionCompletedEventAttributes?.result, 'result');
  }
  return problems;
}

function resultKind(activityType: string): PayloadKind {
  return ['listSource', 'nextFiles', 'listBackfill'].includes(activityType) ? 'scanPage' : 'splitResult';
}

/** How often each kind of event stands in the history, for people. */
export function eventsByType(history: History): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of history.events ?? []) {
    const name = typeOf(event);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function typeOf(event: Event): string {
  const attributes = Object.keys(event).find((name) => name.endsWith('EventAttributes') && event[name as keyof Event] != null);
  return attributes?.replace('EventAttributes', '') ?? 'unknown';
}
