/** The interface that the reference counter and any faster kernel share. The driver reads; the counter never does. */
import type { Format } from './format';
import type { TotalsEntry } from './partial';
import type { EncodedEntries } from './entry-codec';
import type { PartialHeader } from './partial-codec';
import type { RecordPeriod } from './record-period';
import type { Split } from './split';

/** A running digest over bytes; `digest` ends it. Passed in, because core has no crypto of its own. */
export interface BlockHasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** A checkpoint, or a whole partial. */
export type ResumePoint = PartialHeader & { readonly entries: Iterable<TotalsEntry> };

export interface CounterOptions {
  readonly format: Format;
  /** Where each record names its period, which then is the first field of its key. */
  readonly recordPeriod?: RecordPeriod;
  /** Infinity, with a split that ends there, where only `end` tells where the file ends. */
  readonly sizeBytes: number;
  readonly split: Split;
  /** Null: the bytes are not those that are stored, so that somebody else digests these. */
  readonly createHasher: (() => BlockHasher) | null;
  /** Continue after this checkpoint instead of from the start of the split. Throws checkpoint_unusable if it is not of this split. */
  readonly resume?: ResumePoint;
  /** Only tests take another than DIGEST_BLOCK_BYTES. */
  readonly digestBlockBytes?: number;
}

export interface SplitCounter {
  /** Offset of the next byte that `push` expects. The driver reads on from here. */
  readonly readOffset: number;
  /** First byte whose line is not accounted for yet. */
  readonly nextOffset: number;
  /** Everything that the split owns is in. No further byte is needed. */
  readonly isComplete: boolean;
  /** Memory for the next bytes, at most `sizeBytes` of it, from which `push` needs no copy. Valid until the next call. */
  buffer(sizeBytes: number): Uint8Array;
  /** Takes the bytes at `readOffset`; any length, also beyond what the split needs. The chunk is not kept. */
  push(chunk: Uint8Array): void;
  /** The file ends at `readOffset`, which must equal a finite sizeBytes. Completes the split. */
  end(): void;
  /** What is accounted for up to `nextOffset`. */
  header(): PartialHeader;
  /** That and the entries: a checkpoint while incomplete, the split's partial when complete. What is given replaces what the counter has. */
  encode(instead?: Pick<PartialHeader, 'plain'> & Partial<Pick<PartialHeader, 'blockDigests'>>): Uint8Array;
  /** The entries alone. Valid until the next call. */
  entries(): EncodedEntries;
  /** Must be the last call. */
  close(): void;
}

export type CreateSplitCounter = (options: CounterOptions) => SplitCounter;
