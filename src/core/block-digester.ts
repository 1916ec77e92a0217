import { BLOCK_DIGEST_BYTES } from './limits';
import type { BlockHasher } from './counter';
import type { Split } from './split';

export interface BlockDigesterOptions {
  readonly split: Split;
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly createHasher: () => BlockHasher;
  /** Digests of the first blocks, taken over from a checkpoint. */
  readonly doneDigests?: Uint8Array;
}

/** Digests the blocks whose first byte lies in the split, each to its end, wherever the splits lie. */
export class BlockDigester {
  /** First byte that is still needed. */
  private position: number;
  private readonly endPosition: number;
  private readonly digests: Uint8Array;
  private digestsLength: number;
  private hasher: BlockHasher | null = null;

  constructor(private readonly options: BlockDigesterOptions) {
    const { split, sizeBytes, blockBytes, doneDigests } = options;
    const firstBlock = Math.ceil(split.startOffset / blockBytes);
    const endBlock = Math.max(firstBlock, Math.ceil(split.endOffset / blockBytes));
    this.digests = new Uint8Array((endBlock - firstBlock) * BLOCK_DIGEST_BYTES);
    if (doneDigests !== undefined) this.digests.set(doneDigests);
    this.digestsLength = doneDigests?.length ?? 0;
    this.position = (firstBlock + this.digestsLength / BLOCK_DIGEST_BYTES) * blockBytes;
    this.endPosition = Math.min(sizeBytes, endBlock * blockBytes);
  }

  get isComplete(): boolean {
    return this.digestsLength === this.digests.length;
  }

  get readOffset(): number {
    return this.position;
  }

  /** Bytes [offset, offset + chunk.length) of the file; those that are not needed are passed over. */
  push(chunk: Uint8Array, offset: number): void {
    const { blockBytes, createHasher } = this.options;
    const chunkEnd = offset + chunk.length;
    while (!this.isComplete && this.position < chunkEnd) {
      const blockEnd = Math.min(this.endPosition, (Math.floor(this.position / blockBytes) + 1) * blockBytes);
      const end = Math.min(blockEnd, chunkEnd);
      this.hasher ??= createHasher();
      this.hasher.update(chunk.subarray(this.position - offset, end - offset));
      this.position = end;
      if (end === blockEnd) this.finishBlock(this.hasher);
    }
  }

  /** Digests of the complete blocks, in order. */
  snapshot(): Uint8Array {
    return this.digests.slice(0, this.digestsLength);
  }

  private finishBlock(hasher: BlockHasher): void {
    this.digests.set(hasher.digest(), this.digestsLength);
    this.digestsLength += BLOCK_DIGEST_BYTES;
    this.hasher = null;
  }
}
