/** What becomes of one file that a scan sees: known already, new and settled, or not to be touched yet. Pure. */
import type { FileState } from './file-row';
import { SOURCE_KEY_BYTES_MAX } from './limits';
import { unescapeBytes } from './source-key';

export interface Look {
  /** The state of the row of this very generation, or null when there is none. */
  readonly rowState: FileState | null;
  readonly sourceKey: string;
  readonly modifiedAtMs: number;
  readonly isMarkedDone: boolean;
  /** When this very generation was first seen unsettled, or null. */
  readonly firstSeenMs: number | null;
  readonly nowMs: number;
  readonly quietPeriodMs: number;
  readonly requireMarkedDone: boolean;
  /** It waits for its manifest. */
  readonly isHeld: boolean;
}

/** returned: a superseded generation is the current one again. */
export type ScanDecision = 'known' | 'returned' | 'too_long' | 'settled' | 'unsettled';

export function decideLook(look: Look): ScanDecision {
  if (look.rowState !== null) return look.rowState === 'superseded' ? 'returned' : 'known';
  if (unescapeBytes(look.sourceKey).length > SOURCE_KEY_BYTES_MAX) return 'too_long';
  if (look.isHeld) return 'unsettled';
  return isSettled(look) ? 'settled' : 'unsettled';
}

/** A modification time after `nowMs` comes from another clock and proves nothing: then only two looks do. */
function isSettled(look: Look): boolean {
  if (look.isMarkedDone) return true;
  if (look.requireMarkedDone) return false;
  const { nowMs, quietPeriodMs, modifiedAtMs, firstSeenMs } = look;
  if (modifiedAtMs <= nowMs && nowMs - modifiedAtMs >= quietPeriodMs) return true;
  return firstSeenMs !== null && nowMs > firstSeenMs && nowMs - firstSeenMs >= quietPeriodMs;
}
