/** Grows as it is written to. Numbers are LEB128: seven bits a byte, lowest first, the top bit set on all but the last. */
export class ByteWriter {
  private buffer = new Uint8Array(1024);
  private length = 0;

  /** The bytes so far, shared with the writer. */
  toBytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
  }

  bytes(value: Uint8Array): void {
    if (this.length + value.length > this.buffer.length) this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** A safe integer from 0. */
  number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** From 0. */
  bigint(value: bigint): void {
    let rest = value;
    while (rest > BIGGEST_SAFE) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.number(Number(rest));
  }

  /** Zigzag: the sign is the lowest bit. */
  signedBigint(value: bigint): void {
    this.bigint(value < 0n ? (-value << 1n) - 1n : value << 1n);
  }

  private reserve(moreBytes: number): void {
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + moreBytes));
    grown.set(this.toBytes());
    this.buffer = grown;
  }
}

const BIGGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
