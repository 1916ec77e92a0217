import { writeSync } from 'node:fs';

const BUFFER_BYTES = 4_194_304;
/** No line is longer. */
const LINE_BYTES_MAX = 1_024;
const ZERO = 0x30;

/** Writes ASCII to a file through one buffer, without a string a line. */
export class LineBuffer {
  private readonly bytes = Buffer.allocUnsafe(BUFFER_BYTES);
  private length = 0;
  private flushedBytes = 0;

  constructor(private readonly descriptor: number) {}

  get writtenBytes(): number {
    return this.flushedBytes + this.length;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  text(value: string): void {
    this.length += this.bytes.write(value, this.length, 'latin1');
  }

  copy(source: Buffer, start: number, end: number): void {
    this.length += source.copy(this.bytes, this.length, start, end);
  }

  /** With leading zeros up to `width`. */
  integer(value: number, width = 1): void {
    let digits = width;
    for (let limit = 10 ** width; value >= limit; limit *= 10) digits += 1;
    let rest = value;
    for (let position = this.length + digits - 1; position >= this.length; position -= 1) {
      const tenth = Math.floor(rest / 10);
      this.bytes[position] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += digits;
  }

  endLine(): void {
    this.byte(0x0a);
    if (this.length > BUFFER_BYTES - LINE_BYTES_MAX) this.flush();
  }

  flush(): void {
    for (let offset = 0; offset < this.length;) offset += writeSync(this.descriptor, this.bytes, offset, this.length - offset);
    this.flushedBytes += this.length;
    this.length = 0;
  }
}
