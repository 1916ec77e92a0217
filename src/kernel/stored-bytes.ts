import { assertInvariant } from '../core/failures';
import type { OpenFile } from '../sources/source';

interface StoredBytesOptions {
  readonly source: Pick<OpenFile, 'read'>;
  /** Infinity: a read of nothing is the end, and nothing is read ahead, since nobody knows how long a read takes. */
  readonly sizeBytes: number;
  readonly chunkBytes: number;
  /** Each chunk once, in order, before any of it is given. */
  readonly onRead: (chunk: Uint8Array, offset: number) => Promise<void>;
}

/** A file from its first byte to its last, taken in steps of any size. Holds one chunk, and reads the next one meanwhile. */
export class StoredBytes {
  private current: Uint8Array;
  private spare: Uint8Array;
  private chunk: Uint8Array;
  private readOffset = 0;
  /** The read into the spare buffer that is under way. Never rejects unheard. */
  private ahead: Promise<number> | null = null;

  constructor(private readonly options: StoredBytesOptions) {
    this.current = new Uint8Array(options.chunkBytes);
    this.spare = new Uint8Array(options.chunkBytes);
    this.chunk = this.current.subarray(0, 0);
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.readOffset - this.chunk.length;
  }

  /** The next bytes, not taken yet; none at the end of the file only. Valid until all of them are taken and more are asked for. */
  async peek(): Promise<Uint8Array> {
    if (this.chunk.length > 0) return this.chunk;
    const length = await (this.ahead ?? this.read());
    this.ahead = null;
    if (length === 0) return this.chunk;
    [this.current, this.spare] = [this.spare, this.current];
    const chunk = this.current.subarray(0, length);
    const offset = this.readOffset;
    this.readOffset += length;
    if (this.options.sizeBytes !== Infinity) {
      this.ahead = this.read();
      this.ahead.catch(() => undefined);
    }
    await this.options.onRead(chunk, offset);
    this.chunk = chunk;
    return chunk;
  }

  /** Resolves when nothing is read any more: only then may the file be closed. */
  async end(): Promise<void> {
    await this.ahead?.catch(() => undefined);
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

  private async read(): Promise<number> {
    const { source, sizeBytes } = this.options;
    const wanted = Math.min(this.spare.length, sizeBytes - this.readOffset);
    if (wanted === 0) return 0;
    const length = await source.read(this.readOffset, this.spare.subarray(0, wanted));
    if (length === 0 && sizeBytes === Infinity) return 0;
    assertInvariant(length > 0 && length <= wanted, `a read of ${wanted} bytes at ${this.readOffset} gave ${length}`);
    return length;
  }
}
