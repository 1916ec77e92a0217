/** Drives a counter over one split of one open file: reads chunks, hands out checkpoints, ends exactly. */
import type { CreateSplitCounter, SplitCounter } from '../core/counter';
import { assertInvariant } from '../core/failures';
import { CHUNK_BYTES, TAIL_CHUNK_BYTES } from '../core/limits';
import type { SplitPartial } from '../core/partial';
import type { Plan } from '../core/plan';
import type { Split } from '../core/split';
import type { OpenFile } from '../sources/source';
import { chooseCounter } from './choose-counter';
import { createBlockHasher } from './digest';
import { ReadPace } from './read-pace';

export interface CountSplitOptions {
  /** Pinned to the generation that the plan was made for. */
  readonly source: OpenFile;
  readonly plan: Plan;
  readonly splitIndex: number;
  readonly resume?: SplitPartial;
  /** A checkpoint is due after this many bytes or this long, whichever is first, once it would be a new one. */
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  readonly onCheckpoint: (partial: SplitPartial) => void;
  /** A checkpoint was due but would not be a new one: inside a long line, or where a block is read again after a resume. */
  readonly onProgress?: () => void;
  readonly signal: AbortSignal;
  readonly readBytesPerSecond?: number | undefined;
  readonly createCounter?: CreateSplitCounter;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
}

export interface CountedPartial {
  readonly partial: SplitPartial;
  /** Bytes read, also those that were read again after a resume. */
  readonly readBytes: number;
}

/** Throws what the source throws, checkpoint_unusable for a `resume` that is not of this split, and the signal's reason when aborted. */
export async function countSplit(options: CountSplitOptions): Promise<CountedPartial> {
  const { source, signal, readBytesPerSecond, now = () => performance.now() } = options;
  const split = splitOf(options.plan, options.splitIndex);
  const counter = createCounter(options, split);
  const checkpoints = new CheckpointTimer(options, counter, now);
  const pace = new ReadPace(readBytesPerSecond, now);
  const buffer = new Uint8Array(chunkBytes(options));
  let readBytes = 0;
  await source.verify();
  while (!counter.isComplete) {
    signal.throwIfAborted();
    const wanted = Math.min(buffer.length, bytesToAsk(counter.readOffset, split.endOffset, options.plan.sizeBytes));
    if (wanted === 0) {
      counter.end();
      break;
    }
    const length = await source.read(counter.readOffset, buffer.subarray(0, wanted));
    assertInvariant(length > 0 && length <= wanted, `a read of ${wanted} bytes at ${counter.readOffset} gave ${length}`);
    counter.push(buffer.subarray(0, length));
    readBytes += length;
    checkpoints.afterRead(length);
    await pace.afterRead(length, signal);
  }
  assertInvariant(counter.isComplete, `split ${options.splitIndex} is not complete at the end of the file`);
  await source.verify();
  return { partial: counter.snapshot(), readBytes };
}

function splitOf(plan: Plan, splitIndex: number): Split {
  const split = plan.splits[splitIndex];
  assertInvariant(split !== undefined, `a plan of ${plan.splits.length} splits has no split ${splitIndex}`);
  return split;
}

function createCounter({ plan, resume, createCounter: create = chooseCounter() }: CountSplitOptions, split: Split): SplitCounter {
  return create({ format: plan.format, sizeBytes: plan.sizeBytes, split, createHasher: createBlockHasher, ...(resume && { resume }) });
}

/** Small enough that checkpoints come as often as asked for, also when reading is slowed down. */
function chunkBytes({ checkpointBytes, checkpointIntervalMs, readBytesPerSecond = Infinity }: CountSplitOptions): number {
  const perInterval = (readBytesPerSecond * checkpointIntervalMs) / 1000;
  return Math.max(1, Math.floor(Math.min(CHUNK_BYTES, checkpointBytes, perInterval)));
}

/** Up to the end of the split in one go; beyond it only the rest of its last line is missing, so in small steps. */
function bytesToAsk(offset: number, splitEndOffset: number, sizeBytes: number): number {
  return offset < splitEndOffset ? splitEndOffset - offset : Math.min(TAIL_CHUNK_BYTES, sizeBytes - offset);
}

class CheckpointTimer {
  private bytes = 0;
  private takenMs: number;
  private takenOffset: number;

  constructor(
    private readonly options: Pick<CountSplitOptions, 'checkpointBytes' | 'checkpointIntervalMs' | 'onCheckpoint' | 'onProgress'>,
    private readonly counter: SplitCounter,
    private readonly now: () => number,
  ) {
    this.takenMs = now();
    this.takenOffset = counter.nextOffset;
  }

  afterRead(bytes: number): void {
    const { checkpointBytes, checkpointIntervalMs, onCheckpoint, onProgress } = this.options;
    this.bytes += bytes;
    const isDue = this.bytes >= checkpointBytes || this.now() - this.takenMs >= checkpointIntervalMs;
    if (!isDue || this.counter.isComplete) return;
    this.bytes = 0;
    this.takenMs = this.now();
    if (this.counter.nextOffset === this.takenOffset) return onProgress?.();
    onCheckpoint(this.counter.snapshot());
    this.takenOffset = this.counter.nextOffset;
  }
}
