/** Waits for many files at once by one question to the sink, so that a waiting file costs neither events nor a query of its own. */
import type { FileStatus, Sink } from '../sinks/sink';

const POLL_MS = 150;
const IDS_PER_QUESTION_MAX = 500;

interface Waiter {
  readonly fileId: string;
  readonly isOver: (status: FileStatus) => boolean;
  readonly resolve: (status: FileStatus) => void;
  readonly reject: (error: unknown) => void;
}

export class FileWatch {
  private readonly waiters = new Set<Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private isAsking = false;

  constructor(private readonly sink: Sink) {}

  /** Resolves with the first status for which `isOver` holds; rejects with the signal's reason, or when the sink fails. */
  async wait(fileId: string, isOver: (status: FileStatus) => boolean, signal: AbortSignal): Promise<FileStatus> {
    signal.throwIfAborted();
    let waiter: Waiter | undefined;
    const onAbort = () => waiter?.reject(signal.reason);
    try {
      return await new Promise<FileStatus>((resolve, reject) => {
        waiter = { fileId, isOver, resolve, reject };
        this.waiters.add(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
        // Not at once: it was counted a moment ago, and who applies it here pokes.
        this.askLater();
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (waiter) this.waiters.delete(waiter);
    }
  }

  /** Asks at once: somebody knows that something changed. */
  poke(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isAsking) void this.ask();
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    const asked = [...this.waiters].slice(0, IDS_PER_QUESTION_MAX);
    try {
      if (asked.length > 0) this.settle(asked, await this.sink.readStatuses([...new Set(asked.map((waiter) => waiter.fileId))]));
    } catch (error) {
      for (const waiter of asked) waiter.reject(error);
    } finally {
      this.isAsking = false;
      this.askLater();
    }
  }

  private askLater(): void {
    if (this.waiters.size === 0 || this.isAsking || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.ask();
    }, POLL_MS);
  }

  /** Those still waiting go to the end of the queue, so that each is asked about in turn. */
  private settle(asked: readonly Waiter[], statuses: readonly FileStatus[]): void {
    const byId = new Map(statuses.map((status) => [status.fileId, status]));
    for (const waiter of asked) {
      if (!this.waiters.delete(waiter)) continue;
      const status = byId.get(waiter.fileId);
      if (status && waiter.isOver(status)) waiter.resolve(status);
      else this.waiters.add(waiter);
    }
  }
}
