import { setTimeout as sleep } from 'node:timers/promises';

const MS_PER_SECOND = 1000;

/** Time in which nothing was read, because of a stall or a stop, is made good up to this. */
const CREDIT_MS_MAX = 250;

/** Keeps reading at or below a rate. */
export class ReadPace {
  private readBytes = 0;
  /** As if all was read at the rate from then on. */
  private startedMs: number;

  constructor(
    private readonly bytesPerSecond: number | undefined,
    private readonly now: () => number,
  ) {
    this.startedMs = now();
  }

  /** Waits until `bytes` more fit the rate. Rejects as soon as `signal` is aborted. */
  async afterRead(bytes: number, signal: AbortSignal): Promise<void> {
    this.readBytes += bytes;
    if (this.bytesPerSecond === undefined) return;
    const dueMs = this.startedMs + (this.readBytes / this.bytesPerSecond) * MS_PER_SECOND;
    const waitMs = dueMs - this.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    else this.startedMs += Math.max(0, -waitMs - CREDIT_MS_MAX);
  }
}
