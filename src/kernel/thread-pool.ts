import { assertInvariant, TallylineFailure } from '../core/failures';
import { WAITING_JOBS_MAX } from '../core/limits';
import { shareOf } from '../sources/source-options';
import { CountWorker } from './count-worker';
import type { CountHooks } from './count-worker';
import { OwnThread } from './own-thread';
import { threadEntry } from './thread-entry';
import type { CountedSplit, CountJob } from './thread-messages';

/** What one pipeline may take of the threads that all of them share. */
export interface PoolShare {
  readonly name: string;
  readonly threadsMax: number;
  readonly readBytesPerSecond: number | undefined;
}

interface WaitingJob {
  readonly share: PoolShare | undefined;
  readonly resolve: (worker: CountingThread) => void;
  readonly reject: (error: Error) => void;
}

type CountingThread = CountWorker | OwnThread;

interface PoolOptions {
  readonly threads: number;
  /** This thread is one of them, and takes jobs until the others, which begin now, are there. Else threads begin with their first job, or with `begin`. */
  readonly countsHere?: boolean;
  /** Only tests take another one. */
  readonly entry?: string;
}

/** A fixed number of counting threads, and the jobs that wait for one, first come first served. */
export class ThreadPool {
  private readonly workers: readonly CountingThread[];
  private readonly idle: CountingThread[];
  private readonly waiting: WaitingJob[] = [];
  private readonly running = new Set<Promise<unknown>>();
  /** Threads that each share has taken. */
  private readonly taken = new Map<string, number>();
  private isClosed = false;

  constructor({ threads, countsHere = false, entry = threadEntry() }: PoolOptions) {
    const workers = Array.from({ length: countsHere ? threads - 1 : threads }, () => new CountWorker(entry));
    this.workers = countsHere ? [new OwnThread(), ...workers] : workers;
    this.idle = this.workers.slice(0, countsHere ? 1 : threads);
    if (countsHere) for (const worker of workers) void worker.begin().then(() => this.free(worker));
  }

  /**
   * Counts one split as soon as a thread is free and `share` has room. Rates are for the whole pool, so each thread gets its part.
   * Rejects with TallylineFailure as the thread threw it (worker_draining: the pool is closed), with the signal's reason when aborted, with an Error when the thread died.
   */
  async run(job: CountJob, hooks: CountHooks, share?: PoolShare): Promise<CountedSplit> {
    if (this.isClosed) throw closedPool();
    const worker = this.takeIdle(share) ?? (await this.waitForWorker(hooks.signal, share));
    hooks.onStart?.();
    const readBytesPerSecond = this.paceOf(job, share);
    const sourceOptions = shareOf(job.sourceOptions, this.workers.length);
    const counting = worker.run({ ...job, sourceOptions, readBytesPerSecond }, hooks);
    this.running.add(counting);
    try {
      return await counting;
    } finally {
      this.running.delete(counting);
      // Until then it counts as busy, so that an outage in which every read hangs piles up no threads.
      void worker.whenFree().then(() => this.free(worker, share));
    }
  }

  /** For a process that lives long: its first large file does not wait for threads. One that dies begins again with its next job. */
  begin(): void {
    for (const worker of this.workers) void worker.begin();
  }

  load(): { readonly busy: number; readonly idle: number; readonly waiting: number } {
    const idle = this.idle.length;
    return { busy: this.workers.length - idle, idle, waiting: this.waiting.length };
  }

  /** Of one thread. */
  private paceOf({ readBytesPerSecond = Infinity }: CountJob, share: PoolShare | undefined): number | undefined {
    const threads = this.workers.length;
    const ofShare = (share?.readBytesPerSecond ?? Infinity) / Math.min(threads, share?.threadsMax ?? threads);
    const pace = Math.min(readBytesPerSecond / threads, ofShare);
    return Number.isFinite(pace) ? pace : undefined;
  }

  /** Waits for the jobs that a thread has begun; those that still wait reject as worker_draining. Then ends the threads. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { reject } of this.waiting.splice(0)) reject(closedPool());
    await Promise.allSettled(this.running);
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  private hasRoom(share: PoolShare | undefined): boolean {
    return share === undefined || (this.taken.get(share.name) ?? 0) < share.threadsMax;
  }

  private takeIdle(share: PoolShare | undefined): CountingThread | undefined {
    const worker = this.hasRoom(share) ? this.idle.pop() : undefined;
    if (worker !== undefined) this.note(share, 1);
    return worker;
  }

  private note(share: PoolShare | undefined, change: 1 | -1): void {
    if (share !== undefined) this.taken.set(share.name, (this.taken.get(share.name) ?? 0) + change);
  }

  private waitForWorker(signal: AbortSignal, share: PoolShare | undefined): Promise<CountingThread> {
    assertInvariant(this.waiting.length < WAITING_JOBS_MAX, `${this.waiting.length} splits wait for a counting thread`);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
      };
      const leave = (): void => signal.removeEventListener('abort', onAbort);
      const entry: WaitingJob = {
        share,
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

  /** The one that waits longest among those whose share has room. */
  private free(worker: CountingThread, share?: PoolShare): void {
    this.note(share, -1);
    this.idle.push(worker);
    // One place of a share that was full and a thread that was free may each have waited for the other, so as many go as can.
    while (this.idle.length > 0) {
      const index = this.waiting.findIndex((waiting) => this.hasRoom(waiting.share));
      const [next] = index < 0 ? [] : this.waiting.splice(index, 1);
      const free = next && this.takeIdle(next.share);
      if (next === undefined || free === undefined) return;
      next.resolve(free);
    }
  }
}

function closedPool(): TallylineFailure {
  return new TallylineFailure('worker_draining', 'the counting threads are being stopped');
}
