/** One task queue a role. Workflow tasks have their own, so that counting can never starve them. */
export const TASK_QUEUES = {
  orchestrate: 'tallyline-workflow',
  scan: 'tallyline-scan',
  count: 'tallyline-count',
  apply: 'tallyline-apply',
} as const;

export const ROLES = ['orchestrate', 'scan', 'count', 'apply'] as const;
export type Role = (typeof ROLES)[number];
