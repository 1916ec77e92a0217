/** One counting thread as the pool sees it. It starts with its first job, and again after it died. */
import { Worker } from 'node:worker_threads';

import { TallylineFailure } from '../core/failures';
import { CANCEL_GRACE_MS } from '../core/limits';
import type { CountedBlob, CountedSplit, CountJob, FromThread, ToThread } from './thread-messages';

export interface CountHooks {
  readonly signal: AbortSignal;
  /** A thread begins with the job. */
  readonly onStart?: () => void;
  readonly onCheckpoint?: (checkpoint: CountedBlob) => void;
  /** The thread reads on, without a new checkpoint. */
  readonly onProgress?: () => void;
}

/** The thread died under its job (out of memory, say), without a word about why. */
export class CountThreadLost extends Error {
  override readonly name = 'CountThreadLost';

  constructor(how: string) {
    super(`the counting thread ${how}`);
  }
}

interface CurrentJob {
  readonly onProgress: () => void;
  readonly onCheckpoint: (checkpoint: CountedBlob) => void;
  readonly resolve: (counted: CountedSplit) => void;
  readonly reject: (error: Error) => void;
}

export class CountWorker {
  private worker: Worker | undefined;
  private current: CurrentJob | undefined;
  private hanging: Promise<unknown> = Promise.resolve();

  /** `entry`: the built script that a thread runs. */
  constructor(private readonly entry: string) {}

  /** Resolves when the thread is there, or has died already: its first job tells. */
  async begin(): Promise<void> {
    const worker = (this.worker ??= this.start());
    await new Promise<void>((resolve) => worker.once('online', resolve).once('exit', () => resolve()));
  }

  /** Rejects with the signal's reason when aborted, with an Error when the thread died. Ask `whenFree` before the next job. */
  async run(job: CountJob, { signal, onCheckpoint = () => undefined, onProgress = () => undefined }: CountHooks): Promise<CountedSplit> {
    signal.throwIfAborted();
    const worker = (this.worker ??= this.start());
    const counted = new Promise<CountedSplit>((resolve, reject) => {
      this.current = { onCheckpoint, onProgress, resolve, reject };
    });
    let graceTimer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      send(worker, { kind: 'cancel' });
      graceTimer = setTimeout(() => this.abandon(worker), CANCEL_GRACE_MS);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    send(worker, { kind: 'count', job });
    try {
      return await counted;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(graceTimer);
      this.current = undefined;
    }
  }

  /** At once, unless a thread that was given up hangs in a read: the system ends it only when that read returns. */
  async whenFree(): Promise<void> {
    await this.hanging;
  }

  async stop(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    // A thread may hand a descriptor on, which must outlive it.
    const worker = new Worker(this.entry, { trackUnmanagedFds: false });
    worker.on('message', (message: FromThread) => {
      if (this.worker === worker) this.take(message);
    });
    worker.on('error', (error) => this.lose(worker, `failed: ${error instanceof Error ? error.message : String(error)}`));
    worker.on('exit', (exitCode) => this.lose(worker, `ended with code ${exitCode}`));
    return worker;
  }

  private take(message: FromThread): void {
    switch (message.kind) {
      case 'checkpoint':
        return this.current?.onCheckpoint(message.checkpoint);
      case 'progress':
        return this.current?.onProgress();
      case 'counted':
        return this.current?.resolve(message.counted);
      case 'failed':
        return this.current?.reject(toError(message));
    }
  }

  /** It may hang in a read, so it is ended and its answer no longer waited for. */
  private abandon(worker: Worker): void {
    this.hanging = worker.terminate();
    this.lose(worker, 'did not heed a cancel');
  }

  /** Its job fails, and the next one starts another thread. */
  private lose(worker: Worker, how: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.current?.reject(new CountThreadLost(how));
  }
}

function send(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

function toError({ code, fact }: Extract<FromThread, { kind: 'failed' }>): Error {
  return code === null ? new Error(`counting failed: ${fact}`) : new TallylineFailure(code, fact);
}
