/**
 * What counting a byte range yields: its totals, and the accounting that proves which bytes they cover.
 * A checkpoint has the same shape, taken in the middle of a split.
 */
import type { RejectSummary } from './reject';

/**
 * One key's totals. `key` is canonical: its fields joined by one 0x00, which no accepted key can hold. Where every record has a period
 * of its own, that is the first field.
 */
export interface TotalsEntry {
  readonly key: Uint8Array;
  /** Sum of the scaled values; up to 128 bits signed in a partial. */
  readonly sum: bigint;
  readonly count: bigint;
}

export interface SplitAccounting {
  /** Offset of the first line that starts in the split, or null when none does. */
  readonly firstOffset: number | null;
  /** First byte not accounted for: the end of the last owned line. Equals the split's start while there is none. */
  readonly nextOffset: number;
  /** Bytes of a byte order mark at offset 0 of the file, as this split saw it. Only the split that holds offset 0 reports 3. */
  readonly bomBytes: 0 | 3;
  /** Of a file with a header line: its bytes with its LF, as the split that holds offset 0 saw them. It is no line of `lines`. Absent: none. */
  readonly headerBytes?: number;
  /** records + rejected + blanks. A record that spans lines is one, and each of its lines is one where it is rejected. */
  readonly lines: number;
  readonly records: number;
  readonly blanks: number;
  readonly rejects: RejectSummary;
  /** The file's last line belongs to this split and ended without LF. */
  readonly unterminatedLastLine: boolean;
}

/** The first plain bytes of a file, or in a partial all of them. */
export interface PlainBytes {
  readonly bytes: number;
  /** The content digest of these bytes, as if they were stored so. A resume finds out by it whether it reads the same again. */
  readonly digest: Uint8Array;
}

export interface SplitPartial {
  readonly accounting: SplitAccounting;
  /** Sorted by key bytes, unique. */
  readonly entries: readonly TotalsEntry[];
  /** Only of a file that is decompressed, where all offsets are positions in its plain bytes: those that it was counted from. */
  readonly plain?: PlainBytes;
  /** Digests of the 1 MiB blocks of the stored bytes whose first byte lies in the split and that are complete so far, in order, concatenated. */
  readonly blockDigests: Uint8Array;
}
