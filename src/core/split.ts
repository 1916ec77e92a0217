import { SPLITS_PER_FILE_MAX, SPLIT_BOUND_BYTES } from './limits';

/** A half-open byte range [startOffset, endOffset): the unit of parallel work. A record belongs to the split that holds its first byte. */
export interface Split {
  readonly startOffset: number;
  readonly endOffset: number;
}

/**
 * Equal splits of about `targetSplitBytes` that cover [0, sizeBytes), at most SPLITS_PER_FILE_MAX: the split grows with the file.
 * A file larger than SPLIT_BOUND_BYTES is cut at multiples of it, so that no split reads into the digest blocks of the next.
 */
export function planSplits(sizeBytes: number, targetSplitBytes: number): Split[] {
  const wanted = Math.max(1, targetSplitBytes, Math.ceil(sizeBytes / SPLITS_PER_FILE_MAX));
  const splitBytes = sizeBytes > SPLIT_BOUND_BYTES ? Math.ceil(wanted / SPLIT_BOUND_BYTES) * SPLIT_BOUND_BYTES : Math.ceil(wanted);
  const splits: Split[] = [];
  for (let startOffset = 0; startOffset < sizeBytes; startOffset += splitBytes) {
    splits.push({ startOffset, endOffset: Math.min(sizeBytes, startOffset + splitBytes) });
  }
  return splits;
}
