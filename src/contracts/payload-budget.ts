/** The largest JSON that each kind of payload may have. Totals never pass through history; these hold references and counts. */
import { FILE_INPUT_BYTES_MAX, SCAN_PAGE_RESULT_BYTES_MAX, SPLIT_RESULT_BYTES_MAX } from '../core/limits';

export const PAYLOAD_BUDGET_BYTES = {
  fileInput: FILE_INPUT_BYTES_MAX,
  splitResult: SPLIT_RESULT_BYTES_MAX,
  fileResult: SPLIT_RESULT_BYTES_MAX,
  scanPage: SCAN_PAGE_RESULT_BYTES_MAX,
  scanState: FILE_INPUT_BYTES_MAX,
  /** Inline checkpoints are at most 4 KB of blob, about 5.5 KB as text. */
  heartbeatDetails: 8 * 1024,
} as const;

export type PayloadKind = keyof typeof PAYLOAD_BUDGET_BYTES;
