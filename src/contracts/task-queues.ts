/** One task queue a role. Workflow tasks have their own, so that counting can never starve them. */
export const TASK_QUEUES = {
  orchestrate: 'tallyline-workflow',
  scan: 'tallyline-scan',
  count: 'tallyline-count',
  apply: 'tallyline-apply',
  /** Of the apply role too: what agents have listed and counted. On a queue of its own, since a hand-over waits for an apply. */
  intake: 'tallyline-intake',
} as const;

export const ROLES = ['orchestrate', 'scan', 'count', 'apply'] as const;
export type Role = (typeof ROLES)[number];

/** Only the host that has the volume of this source polls these. */
export function agentQueues(sourceId: string): { readonly scan: string; readonly count: string } {
  return { scan: `${TASK_QUEUES.scan}@${sourceId}`, count: `${TASK_QUEUES.count}@${sourceId}` };
}
