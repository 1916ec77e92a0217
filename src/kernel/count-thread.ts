/** The entry of a counting thread: one job at a time, each over a source that it opens itself. */
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { TallylineFailure } from '../core/failures';
import { countJob } from './count-job';
import type { CountJob, FromThread, ToThread } from './thread-messages';

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  let cancel = new AbortController();
  port.on('message', (message: ToThread) => {
    if (message.kind === 'cancel') return cancel.abort();
    cancel = new AbortController();
    void answer(port, message.job, cancel.signal);
  });
}

async function answer(port: MessagePort, job: CountJob, signal: AbortSignal): Promise<void> {
  try {
    const counted = await countJob(job, signal, {
      onCheckpoint: (checkpoint) => post(port, { kind: 'checkpoint', checkpoint }, checkpoint.blob),
      onProgress: () => post(port, { kind: 'progress' }),
    });
    post(port, { kind: 'counted', counted }, counted.blob);
  } catch (error) {
    const isOwn = error instanceof TallylineFailure;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    post(port, { kind: 'failed', code: isOwn ? error.code : null, fact: isOwn ? error.fact : text });
  }
}

function post(port: MessagePort, message: FromThread, transferred?: Uint8Array): void {
  port.postMessage(message, transferred === undefined ? [] : [transferred.buffer as ArrayBuffer]);
}
