/** `watch` is Tallyline's own. */
export const HAND_OVER_WAYS = ['workflow signals', 'client signals', 'token', 'watch'] as const;
export type HandOverWay = (typeof HAND_OVER_WAYS)[number];

export const AGGREGATE_ID = 'bench-aggregate';

export interface HandOverActivities {
  /** The file is counted; the aggregation learns of it through the client. */
  readonly wakeByClient: (workflowId: string) => Promise<void>;
  /** The same, and ends when the file is applied. */
  readonly handOver: (way: 'token' | 'watch') => Promise<void>;
  readonly applyPending: (way: HandOverWay) => Promise<void>;
}
