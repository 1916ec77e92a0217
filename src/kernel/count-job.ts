import { decodePartialHeader, iteratePartialEntries } from '../core/partial-codec';
import { countRejected } from '../core/reject-summary';
import { openSource } from '../sources/open-source';
import { countSplit } from './count-split';
import { sha256Hex } from './digest';
import type { CountedBlob, CountedSplit, CountJob } from './thread-messages';

export interface JobListener {
  readonly onCheckpoint: (checkpoint: CountedBlob) => void;
  readonly onProgress: () => void;
}

/** Counts one split over a source that it opens itself. Throws as countSplit and the source do. */
export async function countJob(job: CountJob, signal: AbortSignal, { onCheckpoint, onProgress }: JobListener): Promise<CountedSplit> {
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
