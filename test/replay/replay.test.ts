/** The stored histories replay against today's workflows, and a twin that was broken on purpose does not. */
import { join, resolve } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { HISTORIES, readHistory, type HistoryName } from './histories';

const BUNDLE = resolve(__dirname, '..', '..', 'dist', 'workflow-bundle.js');

beforeAll(() => Runtime.install({ logger: new DefaultLogger('ERROR') }));

test.each(HISTORIES)('history %s replays', async (name) => {
  const history = await readHistory(name);
  await Worker.runReplayHistory({ workflowBundle: { codePath: BUNDLE } }, history);
});

/** What each way through must have, so that a history that no longer shows it is noticed when it is recorded anew. */
const MARKS: Readonly<Record<HistoryName, readonly string[]>> = {
  scan: ['START_CHILD_WORKFLOW_EXECUTION_INITIATED', 'WORKFLOW_EXECUTION_COMPLETED'],
  'scan-continued': ['START_CHILD_WORKFLOW_EXECUTION_INITIATED', 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW'],
  aggregate: ['WORKFLOW_EXECUTION_SIGNALED', 'WORKFLOW_EXECUTION_COMPLETED'],
  'aggregate-continued': ['WORKFLOW_EXECUTION_CONTINUED_AS_NEW'],
  'aggregate-stopped': ['TIMER_FIRED', 'WORKFLOW_EXECUTION_COMPLETED'],
  backfill: ['START_CHILD_WORKFLOW_EXECUTION_INITIATED', 'WORKFLOW_EXECUTION_COMPLETED'],
  'backfill-continued': ['WORKFLOW_EXECUTION_CONTINUED_AS_NEW'],
  plan: ['ACTIVITY_TASK_COMPLETED', 'START_CHILD_WORKFLOW_EXECUTION_INITIATED', 'WORKFLOW_EXECUTION_COMPLETED'],
  verify: ['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
  'verify-mismatch': ['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_EXECUTION_FAILED'],
  'file-whole': ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'],
  'file-in-splits': ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'],
  'file-incomplete': ['WORKFLOW_EXECUTION_COMPLETED'],
  'file-replanned': ['WORKFLOW_EXECUTION_COMPLETED'],
  'file-quarantined': ['ACTIVITY_TASK_FAILED', 'WORKFLOW_EXECUTION_FAILED'],
  'scan-of-agent': ['ACTIVITY_TASK_COMPLETED', 'START_CHILD_WORKFLOW_EXECUTION_INITIATED', 'WORKFLOW_EXECUTION_COMPLETED'],
  'backfill-of-agent': ['ACTIVITY_TASK_TIMED_OUT', 'WORKFLOW_EXECUTION_COMPLETED'],
  'file-of-agent': ['ACTIVITY_TASK_TIMED_OUT', 'WORKFLOW_EXECUTION_COMPLETED'],
  'file-of-agent-quarantined': ['ACTIVITY_TASK_FAILED', 'WORKFLOW_EXECUTION_FAILED'],
  'file-cancelled': ['WORKFLOW_EXECUTION_CANCEL_REQUESTED', 'WORKFLOW_EXECUTION_FAILED'],
};

test.each(HISTORIES)('history %s shows the way that it stands for', async (name) => {
  const types = (await readHistory(name)).events.map(({ eventType }) => eventType.replace('EVENT_TYPE_', ''));
  expect(types).toEqual(expect.arrayContaining([...MARKS[name]]));
});

test('a workflow that schedules another activity first does not replay', async () => {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: join(__dirname, 'broken-twin.ts'), logger: new DefaultLogger('ERROR') });
  const history = await readHistory('file-whole');
  await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow(DeterminismViolationError);
}, 120_000);
