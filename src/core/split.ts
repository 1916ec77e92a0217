import { AUTOMATIC_SPLIT_BYTES_MAX, AUTOMATIC_SPLIT_BYTES_MIN, SPLITS_PER_FILE_MAX, SPLITS_TOGETHER, SPLIT_BOUND_BYTES } from './limits';

/** A half-open byte range [startOffset, endOffset): the unit of parallel work. A record belongs to the split that holds its first byte. */
export interface Split {
  readonly startOffset: number;
  readonly endOffset: number;
}

/**
 * What a split of a file is best where nobody says: few, since each costs events, a partial and its merge (15 ms and more); eight or a
 * multiple, so that two, four or eight threads end together.
 */
export function automaticSplitBytes(sizeBytes: number): number {
  const count = SPLITS_TOGETHER * Math.ceil(sizeBytes / (SPLITS_TOGETHER * AUTOMATIC_SPLIT_BYTES_MAX));
  return Math.max(AUTOMATIC_SPLIT_BYTES_MIN, Math.ceil(sizeBytes / Math.max(1, count)));
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
