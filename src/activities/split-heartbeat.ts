/** The heartbeat details of a split: a reference to its last checkpoint and the history of its attempts. A hint; the blob decides. */
import type { AttemptHistory } from '../core/split-attempts';
import { NO_HISTORY } from '../core/split-attempts';

/** Inline when it is small, else the digest under which the sink has it. */
export type CheckpointReference = { readonly inlineBase64: string } | { readonly digest: string };

export interface SplitHeartbeat {
  readonly splitIndex: number;
  readonly planDigest: string;
  readonly history: AttemptHistory;
  /** For people who look at the pending activity; a resume reads the offset from the blob. */
  readonly nextOffset: number;
  readonly checkpoint: CheckpointReference | null;
}

/** Details come from any earlier worker version, so they are taken as unknown; what does not fit is as good as none. */
export function parseSplitHeartbeat(details: unknown, planDigest: string): SplitHeartbeat | null {
  if (!isRecord(details) || details['planDigest'] !== planDigest || typeof details['splitIndex'] !== 'number') return null;
  const { history, checkpoint } = details;
  return {
    splitIndex: details['splitIndex'],
    planDigest,
    history: isHistory(history) ? history : NO_HISTORY,
    nextOffset: typeof details['nextOffset'] === 'number' ? details['nextOffset'] : 0,
    checkpoint: isCheckpoint(checkpoint) ? checkpoint : null,
  };
}

function isHistory(value: unknown): value is AttemptHistory {
  const names = ['begunAttempts', 'unreadableAttempts'];
  return isRecord(value) && names.every((name) => typeof value[name] === 'number');
}

function isCheckpoint(value: unknown): value is CheckpointReference {
  return isRecord(value) && (typeof value['inlineBase64'] === 'string' || typeof value['digest'] === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
