/** How long to wait for what. Only tests take others than these. */
import { BUCKET_ANSWER_MS_MAX, BUCKET_PATIENCE_MS, BUCKET_SILENCE_MS_MAX, BUCKET_SLOW_MS_MAX } from '../core/limits';

export interface BucketTiming {
  readonly answerMsMax: number;
  readonly silenceMsMax: number;
  readonly slowMsMax: number;
  readonly patienceMs: number;
}

export const BUCKET_TIMING: BucketTiming = {
  answerMsMax: BUCKET_ANSWER_MS_MAX,
  silenceMsMax: BUCKET_SILENCE_MS_MAX,
  slowMsMax: BUCKET_SLOW_MS_MAX,
  patienceMs: BUCKET_PATIENCE_MS,
};
