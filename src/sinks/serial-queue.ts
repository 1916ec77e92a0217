import { TallylineFailure } from '../core/failures';
import { SINK_CALLS_WAITING_MAX } from '../core/limits';

/** Runs one piece of work after the other, in the order of the calls: one connection holds one transaction. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Throws sink_unavailable when too many wait. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.waiting >= SINK_CALLS_WAITING_MAX)
      throw new TallylineFailure('sink_unavailable', `${this.waiting} calls wait for the database`);
    this.waiting += 1;
    const before = this.last;
    const run = (async () => {
      await before;
      try {
        return await work();
      } finally {
        this.waiting -= 1;
      }
    })();
    this.last = run.catch(() => undefined);
    return await run;
  }
}
