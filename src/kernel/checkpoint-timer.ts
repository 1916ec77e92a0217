import type { SplitPartial } from '../core/partial';

export interface CheckpointOptions {
  /** A checkpoint is due after this many bytes or this long, whichever is first, once it would be a new one. */
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  readonly onCheckpoint: (partial: SplitPartial) => void;
  /** A checkpoint was due but would not be a new one: inside a long line, or where bytes are read again after a resume. */
  readonly onProgress?: () => void;
}

interface RunningCount {
  readonly isComplete: boolean;
  /** What a checkpoint taken now would account for. */
  readonly nextOffset: number;
  snapshot(): SplitPartial;
}

/** Hands out checkpoints of a count as they fall due. */
export class CheckpointTimer {
  private bytes = 0;
  private takenMs: number;
  private takenOffset: number;

  constructor(
    private readonly options: CheckpointOptions,
    private readonly count: RunningCount,
    private readonly now: () => number,
  ) {
    this.takenMs = now();
    this.takenOffset = count.nextOffset;
  }

  /** `bytes`: how many more were counted. */
  afterRead(bytes: number): void {
    const { checkpointBytes, checkpointIntervalMs, onCheckpoint, onProgress } = this.options;
    this.bytes += bytes;
    const isDue = this.bytes >= checkpointBytes || this.now() - this.takenMs >= checkpointIntervalMs;
    if (!isDue || this.count.isComplete) return;
    this.bytes = 0;
    this.takenMs = this.now();
    if (this.count.nextOffset === this.takenOffset) return onProgress?.();
    onCheckpoint(this.count.snapshot());
    this.takenOffset = this.count.nextOffset;
  }
}
