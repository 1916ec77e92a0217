import { assertInvariant, TallylineFailure } from '../core/failures';
import { WAITING_JOBS_MAX } from '../core/limits';
import { shareOf } from '../sources/source-options';
import { CountWorker } from './count-worker';
import type { CountHooks } from './count-worker';
import { threadEntry } from './thread-entry';
import type { CountedSplit, CountJob } from './thread-messages';

interface WaitingJob {
  readonly resolve: (worker: CountWorker) => void;
  readonly reject: (error: Error) => void;
}

/** A fixed number of counting threads, and the jobs that wait for one, first come first served. */
export class ThreadPool {
  private readonly workers: readonly CountWorker[];
  private readonly idle: CountWorker[];
  private readonly waiting: WaitingJob[] = [];
  private readonly running = new Set<Promise<unknown>>();
  private isClosed = false;

  /** Only tests take another entry. */
  constructor({ threads, entry = threadEntry() }: { readonly threads: number; readonly entry?: string }) {
    this.workers = Array.from({ length: threads }, () => new CountWorker(entry));
    this.idle = [...this.workers];
  }

  /**
   * Counts one split as soon as a thread is free. `readBytesPerSecond` is for the whole pool, so each thread gets its share.
   * Rejects with TallylineFailure as the thread threw it (worker_draining: the pool is closed), with the signal's reason when aborted, with an Error when the thread died.
   */
  async run(job: CountJob, hooks: CountHooks): Promise<CountedSplit> {
    if (this.isClosed) throw closedPool();
    const worker = this.idle.pop() ?? (await this.waitForWorker(hooks.signal));
    hooks.onStart?.();
    const readBytesPerSecond = job.readBytesPerSecond === undefined ? undefined : job.readBytesPerSecond / this.workers.length;
    const sourceOptions = shareOf(job.sourceOptions, this.workers.length);
    const counting = worker.run({ ...job, sourceOptions, readBytesPerSecond }, hooks);
    this.running.add(counting);
    try {
      return await counting;
    } finally {
      this.running.delete(counting);
      // Until then it counts as busy, so that an outage in which every read hangs piles up no threads.
      void worker.whenFree().then(() => this.free(worker));
    }
  }

  /** Waits for the jobs that a thread has begun; those that still wait reject as worker_draining. Then ends the threads. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { reject } of this.waiting.splice(0)) reject(closedPool());
    await Promise.allSettled(this.running);
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  private waitForWorker(signal: AbortSignal): Promise<CountWorker> {
    assertInvariant(this.waiting.length < WAITING_JOBS_MAX, `${this.waiting.length} splits wait for a counting thread`);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
      };
      const leave = (): void => signal.removeEventListener('abort', onAbort);
      const entry: WaitingJob = {
        resolve: (worker) => {
          leave();
          resolve(worker);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(entry);
    });
  }

  private free(worker: CountWorker): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(worker);
    else next.resolve(worker);
  }
}

function closedPool(): TallylineFailure {
  return new TallylineFailure('worker_draining', 'the counting threads are being stopped');
}
