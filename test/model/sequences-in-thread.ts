import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SequencesInput } from './run-sequences';

export interface SequencesReport {
  readonly counts: string;
  /** Effects that were never seen. */
  readonly never: readonly string[];
}

/** As runSequences over memory. */
export async function runSequencesInThread(input: Pick<SequencesInput, 'seed' | 'sequences' | 'only'>): Promise<SequencesReport> {
  const worker = new Worker(join(__dirname, 'sequences-thread.cjs'), { workerData: input });
  const message = await new Promise<SequencesReport | { readonly failure: string }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without a report')));
  });
  await worker.terminate();
  if ('failure' in message) throw new Error(message.failure);
  return message;
}
