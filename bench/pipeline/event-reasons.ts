/** Why each event of a file's history is there; an event without a reason is one too many. */
const REASONS: Readonly<Record<string, string>> = {
  workflowExecutionStarted: 'the file has a workflow, which the Web UI shows and which nobody starts twice',
  workflowTaskScheduled: 'a decision is due: to schedule the activity, and to end',
  workflowTaskStarted: 'a worker takes the decision',
  workflowTaskCompleted: 'the decision',
  activityTaskScheduled: 'one activity admits, counts and hands over the whole file',
  activityTaskStarted: 'a worker takes it',
  activityTaskCompleted: 'the totals hold the file',
  upsertWorkflowSearchAttributes: 'state and rejects, by which operators filter',
  workflowExecutionCompleted: 'completed means: in the totals',
};

/** Throws an Error for an event that nobody has justified. */
export function reasonOf(event: string): string {
  const reason = REASONS[event];
  if (reason === undefined) throw new Error(`a file costs an event ${event}, for which bench/pipeline/event-reasons.ts has no reason`);
  return reason;
}
