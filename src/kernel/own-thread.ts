import { countJob } from './count-job';
import type { CountHooks } from './count-worker';
import type { CountedSplit, CountJob } from './thread-messages';

/** The very thread that the pool lives in, as one of its threads: for a command that has nothing else to do. It is there at once. */
export class OwnThread {
  /** Rejects with the signal's reason when aborted. */
  async run(job: CountJob, { signal, onCheckpoint = () => undefined, onProgress = () => undefined }: CountHooks): Promise<CountedSplit> {
    try {
      return await countJob(job, signal, { onCheckpoint, onProgress });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }

  async begin(): Promise<void> {
    // It has.
  }

  async whenFree(): Promise<void> {
    // Nobody can give it up.
  }

  async stop(): Promise<void> {
    // It ends with the process.
  }
}
