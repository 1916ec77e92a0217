import type { CreateSplitCounter, ResumePoint } from '../core/counter';
import { CHUNK_BYTES } from '../core/limits';
import type { PartialHeader } from '../core/partial-codec';
import type { Plan } from '../core/plan';
import type { OpenFile } from '../sources/source';
import type { CheckpointOptions } from './checkpoint-timer';

/** One split to count, and how. */
export interface CountSplitOptions extends CheckpointOptions {
  /** Pinned to the generation that the plan was made for. */
  readonly source: OpenFile;
  readonly plan: Plan;
  readonly splitIndex: number;
  readonly resume?: ResumePoint;
  readonly signal: AbortSignal;
  readonly readBytesPerSecond?: number | undefined;
  readonly createCounter?: CreateSplitCounter;
  /** False: nobody asks for the digests of the blocks, and nothing is resumed. */
  readonly isDigested?: boolean | undefined;
  /** Entries that take more bytes than this are left out of the blob and written to a file, see CountedPartial. */
  readonly entriesBytesMax?: number | undefined;
  /** After each read: how many bytes. */
  readonly onRead?: ((bytes: number) => void) | undefined;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
}

export interface EntriesFile {
  readonly descriptor: number;
  readonly sizeBytes: number;
  /** Of its entries, where it is known. */
  readonly longestSumBytes?: number | undefined;
}

export interface CountedPartial {
  /** The encoded partial, and its header once more. */
  readonly blob: Uint8Array;
  readonly header: PartialHeader;
  /** The entries, where the blob has none of them: the descriptor of a file without a name. */
  readonly run?: EntriesFile;
  /** Stored bytes read, also those that were read again after a resume. */
  readonly readBytes: number;
}

type Pace = Pick<CountSplitOptions, 'checkpointBytes' | 'checkpointIntervalMs' | 'readBytesPerSecond'>;

/** Small enough that checkpoints come as often as asked for, also when reading is slowed down. */
export function chunkBytes({ checkpointBytes, checkpointIntervalMs, readBytesPerSecond = Infinity }: Pace): number {
  const perInterval = (readBytesPerSecond * checkpointIntervalMs) / 1000;
  return Math.max(1, Math.floor(Math.min(CHUNK_BYTES, checkpointBytes, perInterval)));
}
