import { POSTGRES_COPY_CHUNK_BYTES } from '../core/limits';

const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);
const LENGTH_BYTES = 4;

/** Rows in the binary format of COPY, in chunks. Each row says how many fields it has, and then gives them in the order of the columns. */
export class CopyWriter {
  private readonly full: Uint8Array[] = [];
  private chunk = Buffer.allocUnsafe(POSTGRES_COPY_CHUNK_BYTES);
  private length = 0;

  constructor() {
    this.bytes(HEADER);
  }

  row(fields: number): void {
    this.reserve(2);
    this.length = this.chunk.writeInt16BE(fields, this.length);
  }

  text(value: string): void {
    const byteLength = Buffer.byteLength(value);
    this.reserve(LENGTH_BYTES + byteLength);
    this.length = this.chunk.writeInt32BE(byteLength, this.length);
    this.length += this.chunk.write(value, this.length);
  }

  blob(value: Uint8Array): void {
    this.reserve(LENGTH_BYTES);
    this.length = this.chunk.writeInt32BE(value.byteLength, this.length);
    this.bytes(value);
  }

  int(value: number): void {
    this.reserve(LENGTH_BYTES + 4);
    this.length = this.chunk.writeInt32BE(4, this.length);
    this.length = this.chunk.writeInt32BE(value, this.length);
  }

  bigint(value: bigint): void {
    this.reserve(LENGTH_BYTES + 8);
    this.length = this.chunk.writeInt32BE(8, this.length);
    this.length = this.chunk.writeBigInt64BE(value, this.length);
  }

  /** All of it. Nothing may be written afterwards. */
  end(): readonly Uint8Array[] {
    this.bytes(END);
    return [...this.full, this.chunk.subarray(0, this.length)];
  }

  private bytes(value: Uint8Array): void {
    this.reserve(value.byteLength);
    this.chunk.set(value, this.length);
    this.length += value.byteLength;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.chunk.length) return;
    this.full.push(this.chunk.subarray(0, this.length));
    this.chunk = Buffer.allocUnsafe(Math.max(bytes, POSTGRES_COPY_CHUNK_BYTES));
    this.length = 0;
  }
}
