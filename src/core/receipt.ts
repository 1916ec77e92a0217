/** The accounting of one file: the proof that every byte of it was counted once. JSON-safe; offsets and counts fit 2^53. */
import type { RejectReason } from './reject';

export interface ReceiptReject {
  readonly count: number;
  /** The lowest offsets, ascending; `text` is the start of the line, escaped, or null once it was erased. */
  readonly samples: readonly { readonly offset: number; readonly text: string | null }[];
}

export interface Receipt {
  /** Stored, as the source has them; the content digest is taken over these. */
  readonly bytes: number;
  /** Only of a file that was decompressed. Offsets are positions in its plain bytes. */
  readonly compression?: 'gzip';
  readonly plainBytes?: number;
  /** Hex: what the content digest of the plain bytes is, where these are stored. */
  readonly plainDigest?: string;
  readonly lines: number;
  readonly records: number;
  /** Only where each record has a period of its own: how many there are, and of records the first and the last. */
  readonly periods?: number;
  readonly firstPeriod?: string;
  readonly lastPeriod?: string;
  readonly blanks: number;
  readonly rejected: number;
  readonly rejects: { readonly [Reason in RejectReason]?: ReceiptReject };
  readonly bomBytes: 0 | 3;
  /** Only of a file with a header line, which is none of `lines`: its bytes, with its LF. The first line begins behind it. */
  readonly headerBytes?: number;
  readonly unterminatedLastLine: boolean;
  readonly splits: number;
  /** Hex. */
  readonly contentDigest: string;
  /** Hex. */
  readonly planDigest: string;
  readonly grammarVersion: number;
}

/**
 * What tells contents apart, in rows and wherever files are compared: the digest of the bytes that were counted. A text and the same
 * compressed, or compressed twice, are one content, which is never billed twice.
 */
export function countedDigest({ plainDigest, contentDigest }: Pick<Receipt, 'plainDigest' | 'contentDigest'>): string {
  return plainDigest ?? contentDigest;
}

/** The start of some rejected line is kept in it. */
export function hasSampleText({ rejects }: Pick<Receipt, 'rejects'>): boolean {
  return Object.values(rejects).some(({ samples }) => samples.some(({ text }) => text !== null));
}
