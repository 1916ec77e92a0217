import type { CreateSplitCounter } from '../core/counter';
import { CHUNK_BYTES } from '../core/limits';
import type { SplitPartial } from '../core/partial';
import type { Plan } from '../core/plan';
import type { OpenFile } from '../sources/source';
import type { CheckpointOptions } from './checkpoint-timer';

/** One split to count, and how. */
export interface CountSplitOptions extends CheckpointOptions {
  /** Pinned to the generation that the plan was made for. */
  readonly source: OpenFile;
  readonly plan: Plan;
  readonly splitIndex: number;
  readonly resume?: SplitPartial;
  readonly signal: AbortSignal;
  readonly readBytesPerSecond?: number | undefined;
  readonly createCounter?: CreateSplitCounter;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
}

export interface CountedPartial {
  readonly partial: SplitPartial;
  /** Stored bytes read, also those that were read again after a resume. */
  readonly readBytes: number;
}

type Pace = Pick<CountSplitOptions, 'checkpointBytes' | 'checkpointIntervalMs' | 'readBytesPerSecond'>;

/** Small enough that checkpoints come as often as asked for, also when reading is slowed down. */
export function chunkBytes({ checkpointBytes, checkpointIntervalMs, readBytesPerSecond = Infinity }: Pace): number {
  const perInterval = (readBytesPerSecond * checkpointIntervalMs) / 1000;
  return Math.max(1, Math.floor(Math.min(CHUNK_BYTES, checkpointBytes, perInterval)));
}
