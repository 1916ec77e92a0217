/**
 * Reads one version of an object by ranges that are asked for ahead, so that the network and the counter work at once. What is held is
 * bounded: BUCKET_RANGES_AHEAD ranges, those under way included. A range that breaks off goes on after its last byte.
 */
import { BucketFailure, type Bucket, type ObjectVersion } from '../buckets/bucket';
import { Patience } from '../buckets/patience';
import { BUCKET_RANGE_BYTES, BUCKET_RANGES_AHEAD } from '../core/limits';

export interface RangeReaderOptions {
  readonly bucket: Pick<Bucket, 'read'>;
  readonly object: ObjectVersion;
  /** What is read before it is asked for by itself: the head of the object, say. */
  readonly startOffset?: number;
  /** Nothing behind it is asked for ahead; it can be read all the same. */
  readonly endOffset: number;
  /** Only tests take others. */
  readonly rangeBytes?: number;
  readonly createPatience?: (signal: AbortSignal) => Patience;
}

export class RangeReader {
  private ranges: Range[] = [];
  private position = -1;

  constructor(private readonly options: RangeReaderOptions) {}

  /** Fills `target` with the bytes at `offset`, which the object must have. Rejects with BucketFailure. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    if (offset !== this.position) this.moveTo(offset);
    let filled = 0;
    while (filled < target.length) {
      const range = this.next(target.length - filled);
      const taken = await range.take(target.subarray(filled));
      filled += taken;
      this.position += taken;
      if (range.isUsedUp) this.ranges.shift();
    }
  }

  close(): void {
    for (const range of this.ranges.splice(0)) range.abandon();
  }

  private moveTo(offset: number): void {
    this.close();
    this.position = offset;
  }

  /** The range at the position, with those after it under way. */
  private next(wantedBytes: number): Range {
    const { startOffset = 0, endOffset, rangeBytes = BUCKET_RANGE_BYTES } = this.options;
    const isBefore = this.position + wantedBytes < startOffset;
    const aheadBytes = isBefore ? 0 : Math.min(rangeBytes, endOffset - this.position);
    const first = this.ranges[0] ?? this.start(this.position, Math.max(wantedBytes, aheadBytes));
    for (let last = this.ranges.at(-1) ?? first; !isBefore && this.ranges.length < BUCKET_RANGES_AHEAD && last.endOffset < endOffset;) {
      last = this.start(last.endOffset, Math.min(rangeBytes, endOffset - last.endOffset));
    }
    return first;
  }

  private start(offset: number, length: number): Range {
    const range = new Range(this.options, offset, length);
    this.ranges.push(range);
    return range;
  }
}

class Range {
  private readonly abort = new AbortController();
  private readonly chunks: Uint8Array[] = [];
  private receivedBytes = 0;
  private takenBytes = 0;
  /** Of the first chunk. */
  private takenOfChunk = 0;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly options: RangeReaderOptions,
    private readonly offset: number,
    private readonly length: number,
  ) {
    this.fetch().catch((error: unknown) => {
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.wake();
    });
  }

  get endOffset(): number {
    return this.offset + this.length;
  }

  get isUsedUp(): boolean {
    return this.takenBytes === this.length;
  }

  abandon(): void {
    this.abort.abort(new BucketFailure('away', 'nobody waits for this range any more'));
  }

  /** As much as there is and `target` holds, at least one byte. */
  async take(target: Uint8Array): Promise<number> {
    while (this.chunks.length === 0) {
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    let filled = 0;
    for (let chunk = this.chunks[0]; chunk !== undefined && filled < target.length; chunk = this.chunks[0]) {
      const piece = chunk.subarray(this.takenOfChunk, this.takenOfChunk + target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      this.takenOfChunk += piece.length;
      if (this.takenOfChunk < chunk.length) break;
      this.chunks.shift();
      this.takenOfChunk = 0;
    }
    this.takenBytes += filled;
    return filled;
  }

  private async fetch(): Promise<void> {
    const { signal } = this.abort;
    const { bucket, object, createPatience = (aborted: AbortSignal) => new Patience(aborted) } = this.options;
    const patience = createPatience(signal);
    while (this.receivedBytes < this.length) {
      const rest = { offset: this.offset + this.receivedBytes, length: this.length - this.receivedBytes, signal };
      try {
        for await (const chunk of bucket.read(object, rest)) {
          patience.progress();
          this.receive(chunk);
        }
      } catch (error) {
        if (!(error instanceof BucketFailure) || error.fault !== 'away' || signal.aborted) throw error;
        await patience.after(error);
      }
    }
  }

  private receive(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.receivedBytes += chunk.length;
    this.wake();
  }
}
