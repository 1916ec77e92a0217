import { CHECKPOINT_REST_FACTOR, CHECKPOINT_REST_FROM_MS } from '../core/limits';

export interface CheckpointOptions {
  /** A checkpoint is due after this many bytes or this long, whichever is first, once it would be a new one. */
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  /** An encoded partial, and its nextOffset. */
  readonly onCheckpoint: (blob: Uint8Array, nextOffset: number) => void;
  /** A checkpoint was due but would not be a new one: inside a long line, or where bytes are read again after a resume. */
  readonly onProgress?: () => void;
}

interface RunningCount {
  readonly isComplete: boolean;
  /** What a checkpoint taken now would account for. */
  readonly nextOffset: number;
  encode(): Uint8Array;
}

/** Hands out checkpoints of a count as they fall due. */
export class CheckpointTimer {
  private bytes = 0;
  private takenMs: number;
  private takenOffset: number;
  private restUntilMs = -Infinity;

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
    if (this.count.nextOffset === this.takenOffset || this.takenMs < this.restUntilMs) return onProgress?.();
    onCheckpoint(this.count.encode(), this.count.nextOffset);
    this.takenOffset = this.count.nextOffset;
    const tookMs = this.now() - this.takenMs;
    if (tookMs >= CHECKPOINT_REST_FROM_MS) this.restUntilMs = this.now() + CHECKPOINT_REST_FACTOR * tookMs;
  }
}
