import { TallylineFailure } from './failures';

const BIGINT_BYTES_MAX = 19;
/** Of 49 bits, so that a number holds it, and one more, exactly. */
const NUMBER_BYTES_MAX = 7;

/** Reads what ByteWriter wrote. Every method throws checkpoint_unusable where the bytes are not what it expects. */
export class ByteReader {
  private offset = 0;

  private readonly buffer: Uint8Array;

  constructor(buffer: Uint8Array) {
    // A driver's own kind of bytes may be slow to cut, and gives views where these give copies.
    this.buffer = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  }

  get position(): number {
    return this.offset;
  }

  byte(): number {
    const value = this.buffer[this.offset];
    if (value === undefined) throw unusable('ends too early');
    this.offset++;
    return value;
  }

  /** A copy, so that the caller may keep it without keeping the whole. */
  bytes(length: number): Uint8Array {
    if (length > this.buffer.length - this.offset) throw unusable('ends too early');
    const value = this.buffer.slice(this.offset, this.offset + length);
    this.offset += length;
    return value;
  }

  /** Passes over bytes that nobody needs. Answers where they begin. */
  skip(length: number): number {
    const start = this.offset;
    if (length > this.buffer.length - start) throw unusable('ends too early');
    this.offset += length;
    return start;
  }

  /** Whether bytes that were passed over come before others in the order of keys. */
  isBefore(start: number, length: number, otherStart: number, otherLength: number): boolean {
    const shared = Math.min(length, otherLength);
    for (let index = 0; index < shared; index++) {
      const difference = (this.buffer[start + index] ?? 0) - (this.buffer[otherStart + index] ?? 0);
      if (difference !== 0) return difference < 0;
    }
    return length < otherLength;
  }

  number(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw unusable('holds a number out of range');
      if (byte < 0x80) {
        if (byte === 0 && factor > 1) throw unusable('holds a number in a longer form than it needs');
        return value;
      }
      factor *= 0x80;
    }
  }

  bigint(): bigint {
    return BigInt(this.integer());
  }

  signedBigint(): bigint {
    return BigInt(this.signedInteger());
  }

  /** What `bigint` gives, as a number where that is sure to be exact: nothing is made for it. */
  integer(): number | bigint {
    const start = this.offset;
    let end = start;
    while ((this.buffer[end] ?? 0) >= 0x80) end++;
    if (end - start < NUMBER_BYTES_MAX) return this.number();
    if (end - start >= BIGINT_BYTES_MAX) throw unusable('holds a number out of range');
    let value = 0n;
    for (let index = end; index >= start; index--) value = (value << 7n) | BigInt((this.buffer[index] ?? 0) & 0x7f);
    if (this.buffer[end] === undefined || this.buffer[end] === 0) throw unusable('holds a number in a longer form than it needs');
    this.offset = end + 1;
    return value;
  }

  /** What `signedBigint` gives, likewise. */
  signedInteger(): number | bigint {
    const value = this.integer();
    if (typeof value === 'bigint') return (value & 1n) === 1n ? -((value + 1n) >> 1n) : value >> 1n;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** All that was not read, in the same memory. */
  rest(): Uint8Array {
    return this.buffer.subarray(this.offset);
  }

  /** Throws unless the next bytes are these. */
  expect(expected: Uint8Array, what: string): void {
    for (const byte of expected) if (this.byte() !== byte) throw unusable(`is no ${what} of a version that this Tallyline reads`);
  }

  expectEnd(): void {
    if (this.offset !== this.buffer.length) throw unusable('goes on after its end');
  }
}

export function unusable(how: string): TallylineFailure {
  return new TallylineFailure('checkpoint_unusable', `a stored count ${how}`);
}
