import { SPLITS_PER_FILE_MAX, SPLIT_BOUND_BYTES } from './limits';

/** A half-open byte range [startOffset, endOffset): the unit of parallel work. A record belongs to the split that holds its first byte. */
export interface Split {
  readonly startOffset: number;
  readonly endOffset: number;
}

/**
 * Equal splits of about `targetSplitBytes` that cover [0, sizeBytes), at most SPLITS_PER_FILE_MAX: the split grows with the file.
 * A file larger than SPLIT_BOUND_BYTES is cut at multiples of it, so that no split reads into the digest blocks of the next. The first split
 * has `headStartBytes` more than the others.
 */
export function planSplits(sizeBytes: number, targetSplitBytes: number, headStartBytes = 0): Split[] {
  const wanted = Math.max(1, targetSplitBytes, Math.ceil(sizeBytes / SPLITS_PER_FILE_MAX));
  const unitBytes = sizeBytes > SPLIT_BOUND_BYTES ? SPLIT_BOUND_BYTES : 1;
  const splitBytes = Math.ceil(wanted / unitBytes) * unitBytes;
  const splits: Split[] = [];
  let endOffset = Math.ceil(headStartBytes / unitBytes) * unitBytes;
  for (let startOffset = 0; startOffset < sizeBytes; startOffset = endOffset) {
    endOffset = Math.min(sizeBytes, endOffset + splitBytes);
    splits.push({ startOffset, endOffset });
  }
  return splits;
}
