/** The first bytes of a file, which belong to no line: its byte order mark, and its header line where the format has one. */
import { headerTooLong } from './csv-header';

const LF = 0x0a;
const CR = 0x0d;
export const BOM = [0xef, 0xbb, 0xbf] as const;

export interface FileHeadOptions {
  readonly sizeBytes: number;
  readonly hasHeader: boolean;
  readonly maxLineBytes: number;
}

export class FileHead {
  bomBytes: 0 | 3 = 0;
  /** Of the header line with its LF. */
  headerBytes = 0;
  isComplete = false;
  /** The file ends with its header, which has no LF. */
  isUnterminated = false;
  private bytes = new Uint8Array(64);
  private length = 0;
  private readonly leastBytes: number;

  constructor(private readonly options: FileHeadOptions) {
    this.leastBytes = Math.min(BOM.length, options.sizeBytes);
  }

  get readOffset(): number {
    return this.length;
  }

  /** Where the first line begins, once the head is complete. */
  get bodyOffset(): number {
    return this.bomBytes + this.headerBytes;
  }

  /** The header line, without its LF and the CR before it. */
  get header(): Uint8Array {
    const end = this.bodyOffset - (this.isUnterminated ? 0 : 1);
    return this.bytes.subarray(this.bomBytes, end > this.bomBytes && this.bytes[end - 1] === CR ? end - 1 : end);
  }

  /** What was taken, of which bytes behind the head may be needed again. */
  get taken(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Bytes of the file from `offset` on, which is no further than `readOffset`. Throws header_unknown for a header that is too long. */
  push(chunk: Uint8Array, offset: number): void {
    for (let index = this.length - offset; index < chunk.length && !this.isComplete; index++) {
      this.append(chunk[index] ?? 0);
      if (this.length === this.leastBytes) this.takeStart();
      else if (this.length > this.leastBytes) this.takeNext(this.length - 1);
    }
  }

  /** The file ends here. */
  end(): void {
    if (this.length < this.leastBytes) this.takeStart();
    if (!this.isComplete) this.finish(this.length - this.bomBytes, true);
  }

  private takeStart(): void {
    this.bomBytes = this.length === BOM.length && BOM.every((byte, index) => this.bytes[index] === byte) ? 3 : 0;
    this.isComplete = !this.options.hasHeader;
    for (let index = this.bomBytes; index < this.length && this.options.hasHeader && this.headerBytes === 0; index++) this.takeNext(index);
  }

  private takeNext(index: number): void {
    if (this.bytes[index] === LF) return this.finish(index + 1 - this.bomBytes, false);
    // One byte more may be a CR.
    if (index - this.bomBytes > this.options.maxLineBytes) throw headerTooLong(this.options.maxLineBytes);
  }

  private finish(headerBytes: number, isUnterminated: boolean): void {
    this.headerBytes = headerBytes;
    this.isUnterminated = isUnterminated;
    this.isComplete = true;
    if (this.header.length > this.options.maxLineBytes) throw headerTooLong(this.options.maxLineBytes);
  }

  private append(byte: number): void {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(2 * this.bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = byte;
  }
}
