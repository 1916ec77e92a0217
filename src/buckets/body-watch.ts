/** Ends a body that is silent or slow, and tells when one is not as long as it was announced. Time that the reader takes does not count. */
import type { Readable } from 'node:stream';

import { BUCKET_SLOWEST_BYTES_PER_SECOND } from '../core/limits';
import { BucketFailure } from './bucket';
import type { BucketTiming } from './bucket-timing';

const CHECK_MS = 500;

export interface BodyWatchOptions {
  readonly body: Readable;
  readonly lengthBytes: number;
  /** For messages. */
  readonly what: string;
  readonly timing: BucketTiming;
}

export class BodyWatch {
  /** Why it was ended. */
  failure: BucketFailure | undefined;
  private readonly timer: NodeJS.Timeout;
  private readBytes = 0;
  private isPaused = false;
  private silentMs = 0;
  private slowMs = 0;
  private slowBytes = 0;

  constructor(private readonly options: BodyWatchOptions) {
    this.timer = setInterval(() => this.check(), CHECK_MS);
  }

  /** Throws `unfit` when there is more than was asked for. The time until `resume` is the reader's. */
  take(bytes: number): void {
    this.readBytes += bytes;
    if (this.readBytes > this.options.lengthBytes) throw new BucketFailure('unfit', `${this.options.what} brought more bytes than that`);
    this.isPaused = true;
    this.silentMs = 0;
    this.slowBytes += bytes;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** Throws `away` when it ended early. */
  end(): void {
    if (this.readBytes === this.options.lengthBytes) return;
    throw new BucketFailure('away', `${this.options.what} ended after ${String(this.readBytes)} bytes`);
  }

  stop(): void {
    clearInterval(this.timer);
    this.options.body.destroy();
  }

  private check(): void {
    if (this.isPaused) return;
    const { silenceMsMax, slowMsMax } = this.options.timing;
    this.silentMs += CHECK_MS;
    this.slowMs += CHECK_MS;
    if (this.silentMs > silenceMsMax) return this.giveUp(`was silent for ${String(silenceMsMax / 1000)} s`);
    if (this.slowMs < slowMsMax) return;
    const bytesPerSecond = (this.slowBytes * 1000) / this.slowMs;
    if (bytesPerSecond < BUCKET_SLOWEST_BYTES_PER_SECOND) this.giveUp(`came at ${String(Math.round(bytesPerSecond))} bytes a second`);
    this.slowMs = 0;
    this.slowBytes = 0;
  }

  private giveUp(how: string): void {
    this.failure = new BucketFailure('away', `${this.options.what} ${how}`);
    this.options.body.destroy(this.failure);
  }
}
