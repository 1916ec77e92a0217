/** The entry of a counting thread: one job at a time, each over a source that it opens itself. */
import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { TallylineFailure } from '../core/failures';
import { decodePartialHeader, iteratePartialEntries } from '../core/partial-codec';
import { countRejected } from '../core/reject-summary';
import { openSource } from '../sources/open-source';
import { countSplit } from './count-split';
import { sha256Hex } from './digest';
import type { CountedBlob, CountedSplit, CountJob, FromThread, ToThread } from './thread-messages';

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

interface Listener {
  readonly onCheckpoint: (checkpoint: CountedBlob) => void;
  readonly onProgress: () => void;
}

async function countJob(job: CountJob, signal: AbortSignal, { onCheckpoint, onProgress }: Listener): Promise<CountedSplit> {
  const source = openSource(job.sourceOptions);
  try {
    const file = await source.open(job.file, job.plan.splits[job.splitIndex]);
    try {
      const { resume: blob, progress, ...settings } = job;
      const readBytesSoFar = progress && new BigInt64Array(progress);
      const onRead = readBytesSoFar && ((bytes: number) => void Atomics.add(readBytesSoFar, 0, BigInt(bytes)));
      const resume = blob === null ? {} : { resume: { ...decodePartialHeader(blob), entries: iteratePartialEntries(blob) } };
      const onBlob = (checkpoint: Uint8Array, nextOffset: number): void => onCheckpoint(withDigest(checkpoint, nextOffset));
      const counted = await countSplit({ ...settings, ...resume, source: file, signal, onCheckpoint: onBlob, onProgress, onRead });
      const { records, blanks, rejects, nextOffset } = counted.header.accounting;
      const { blob: encoded, readBytes, run } = counted;
      const numbers = { readBytes, records, blanks, rejected: countRejected(rejects) };
      return { ...withDigest(encoded, nextOffset), ...numbers, ...(run && { run }) };
    } finally {
      await file.close();
    }
  } finally {
    await source.close();
  }
}

function withDigest(blob: Uint8Array, nextOffset: number): CountedBlob {
  return { blob, digest: sha256Hex(blob), nextOffset };
}

function post(port: MessagePort, message: FromThread, transferred?: Uint8Array): void {
  port.postMessage(message, transferred === undefined ? [] : [transferred.buffer as ArrayBuffer]);
}
