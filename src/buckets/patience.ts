/** How long something that is away is asked again: with pauses that grow and are spread out (full jitter), within a bound of time. */
import { setTimeout as sleep } from 'node:timers/promises';

import { BUCKET_PATIENCE_MS, BUCKET_PAUSE_MS_FIRST, BUCKET_PAUSE_MS_MAX } from '../core/limits';

export class Patience {
  private failures = 0;
  /** Counts from the first failure: how long that took to show is no sign of how long it will last. */
  private endsAtMs = Infinity;

  constructor(
    private readonly signal?: AbortSignal,
    private readonly patienceMs = BUCKET_PATIENCE_MS,
  ) {}

  /** It went on: the next failure is a first one again. */
  progress(): void {
    this.failures = 0;
  }

  /** Waits before the next try, or throws `failure` when it was tried for long enough. Rejects with the signal's reason. */
  async after(failure: Error): Promise<void> {
    if (this.failures === 0) this.endsAtMs = performance.now() + this.patienceMs;
    const longestMs = Math.min(BUCKET_PAUSE_MS_MAX, BUCKET_PAUSE_MS_FIRST * 2 ** this.failures);
    const pauseMs = Math.random() * longestMs;
    if (performance.now() + pauseMs >= this.endsAtMs) throw failure;
    this.failures++;
    await sleep(pauseMs, undefined, this.signal ? { signal: this.signal } : {});
  }
}
