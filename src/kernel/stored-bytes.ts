import { assertInvariant } from '../core/failures';
import type { OpenFile } from '../sources/source';

interface StoredBytesOptions {
  readonly source: Pick<OpenFile, 'read'>;
  /** Infinity: a read of nothing is the end. */
  readonly sizeBytes: number;
  readonly chunkBytes: number;
  /** Each chunk once, in order, before any of it is given. */
  readonly onRead: (chunk: Uint8Array, offset: number) => Promise<void>;
}

/** A file from its first byte to its last, read as it is asked for and taken in steps of any size. Holds one chunk. */
export class StoredBytes {
  private readonly buffer: Uint8Array;
  private chunk: Uint8Array;
  private readOffset = 0;

  constructor(private readonly options: StoredBytesOptions) {
    this.buffer = new Uint8Array(options.chunkBytes);
    this.chunk = this.buffer.subarray(0, 0);
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.readOffset - this.chunk.length;
  }

  /** The next bytes, not taken yet; none at the end of the file only. Valid until all of them are taken. */
  async peek(): Promise<Uint8Array> {
    if (this.chunk.length > 0) return this.chunk;
    const { source, sizeBytes, onRead } = this.options;
    const wanted = Math.min(this.buffer.length, sizeBytes - this.readOffset);
    if (wanted === 0) return this.chunk;
    const length = await source.read(this.readOffset, this.buffer.subarray(0, wanted));
    if (length === 0 && sizeBytes === Infinity) return this.chunk;
    assertInvariant(length > 0 && length <= wanted, `a read of ${wanted} bytes at ${this.readOffset} gave ${length}`);
    const chunk = this.buffer.subarray(0, length);
    await onRead(chunk, this.readOffset);
    this.readOffset += length;
    this.chunk = chunk;
    return chunk;
  }

  take(bytes: number): void {
    this.chunk = this.chunk.subarray(bytes);
  }

  /** Null at the end of the file. */
  async takeByte(): Promise<number | null> {
    const byte = (await this.peek())[0] ?? null;
    if (byte !== null) this.take(1);
    return byte;
  }
}
