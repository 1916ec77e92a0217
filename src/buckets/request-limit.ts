/**
 * How many requests to one endpoint may be under way. It halves when the endpoint asks for less and grows by one with each round of
 * answers (additive increase, multiplicative decrease, as TCP does; RFC 5681), so that many workers settle at what the endpoint bears.
 */
export class RequestLimit {
  private allowed: number;
  private underWay = 0;
  private answeredSinceChange = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {
    this.allowed = most;
  }

  /** For tests and messages. */
  get current(): number {
    return this.allowed;
  }

  /** Resolves with what gives the place back, once. Rejects with the signal's reason. */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.underWay >= this.allowed) await this.wait(signal);
    else this.underWay++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.underWay--;
      this.admit();
    };
  }

  answered(): void {
    this.answeredSinceChange++;
    if (this.allowed >= this.most || this.answeredSinceChange < this.allowed) return;
    this.answeredSinceChange = 0;
    this.allowed++;
    this.admit();
  }

  /** Answers to requests that were under way together count as one. */
  slowDown(): void {
    if (this.answeredSinceChange === 0 && this.allowed < this.most) return;
    this.answeredSinceChange = 0;
    this.allowed = Math.max(1, Math.floor(this.allowed / 2));
  }

  private admit(): void {
    while (this.underWay < this.allowed) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.underWay++;
      next();
    }
  }

  private wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(enter);
    });
  }
}

const limits = new Map<string, RequestLimit>();

/** One for an endpoint in this process or thread. */
export function requestLimit(endpoint: string, most: number): RequestLimit {
  const name = JSON.stringify([endpoint, most]);
  const limit = limits.get(name) ?? new RequestLimit(most);
  limits.set(name, limit);
  return limit;
}
