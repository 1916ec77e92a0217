/** Aborts one request when its answer does not begin in time, or when whoever asked does. Ends with `release`, so that nothing piles up. */
import { BucketFailure } from './bucket';

export class AnswerDeadline {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.controller.abort(this.outer?.reason);

  constructor(
    private readonly outer: AbortSignal | undefined,
    timeoutMs: number,
    what: string,
  ) {
    const late = (): void =>
      this.controller.abort(new BucketFailure('away', `${what} was not answered within ${String(timeoutMs / 1000)} s`));
    this.timer = setTimeout(late, timeoutMs);
    if (outer?.aborted) this.onAbort();
    else outer?.addEventListener('abort', this.onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Also ends a request that does not heed the signal: the client may hang for credentials before it sends anything. */
  async race<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const { signal } = this;
    let end = (): void => undefined;
    const ended = new Promise<never>((_, reject) => (end = () => reject(signal.reason as Error)));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([answer, ended]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** The answer has begun; from now on only `outer` ends it. */
  met(): void {
    clearTimeout(this.timer);
  }

  release(): void {
    this.met();
    this.outer?.removeEventListener('abort', this.onAbort);
  }
}
