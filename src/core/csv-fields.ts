/** Takes one record of CSV apart (RFC 4180): where its fields lie, and whether its quotes are as they should be. */

export const QUOTE = 0x22;

export class CsvFields {
  /** Fields of the record, also those beyond `fieldCount`. */
  count = 0;
  /** A quote inside of an unquoted field, or something between a closing quote and the delimiter. */
  isMalformed = false;
  /** The last field is quoted and has no closing quote. */
  isOpen = false;
  /** Start and end of the content of each field, and whether quotes in it are doubled. */
  private readonly bounds: Int32Array;
  private readonly isEscaped: Uint8Array;

  /** What lies behind `fieldCount` fields is only counted. */
  constructor(
    private readonly delimiterByte: number,
    private readonly fieldCount: number,
  ) {
    this.bounds = new Int32Array(2 * fieldCount);
    this.isEscaped = new Uint8Array(fieldCount);
  }

  /** The record: bytes [start, end). */
  split(bytes: Uint8Array, start: number, end: number): void {
    this.count = 0;
    this.isMalformed = false;
    this.isOpen = false;
    for (let index = start; ; index++) {
      index = index < end && bytes[index] === QUOTE ? this.takeQuoted(bytes, index + 1, end) : this.takeUnquoted(bytes, index, end);
      if (index === end) return;
    }
  }

  start(field: number): number {
    return this.bounds[2 * field] ?? 0;
  }

  end(field: number): number {
    return this.bounds[2 * field + 1] ?? 0;
  }

  /** The content of a field into `target` from `offset` on, with each doubled quote as one; no more than `bytesMax`. Gives its end. */
  copy(bytes: Uint8Array, field: number, target: Uint8Array, offset: number, bytesMax: number): number {
    const end = this.end(field);
    const step = this.hasDoubledQuotes(field) ? 2 : 1;
    let length = offset;
    for (let index = this.start(field); index < end && length - offset < bytesMax;) {
      const byte = bytes[index] ?? 0;
      target[length++] = byte;
      index += byte === QUOTE ? step : 1;
    }
    return length;
  }

  hasDoubledQuotes(field: number): boolean {
    return this.isEscaped[field] === 1;
  }

  /** Gives the index of the delimiter behind the field, or `end`. */
  private takeUnquoted(bytes: Uint8Array, start: number, end: number): number {
    let index = start;
    for (; index < end; index++) {
      const byte = bytes[index];
      if (byte === this.delimiterByte) break;
      if (byte === QUOTE) this.isMalformed = true;
    }
    this.note(start, index, 0);
    return index;
  }

  private takeQuoted(bytes: Uint8Array, start: number, end: number): number {
    let index = start;
    let isEscaped: 0 | 1 = 0;
    for (; ; index += 2) {
      while (index < end && bytes[index] !== QUOTE) index++;
      if (index + 1 >= end || bytes[index + 1] !== QUOTE) break;
      isEscaped = 1;
    }
    this.isOpen = index >= end;
    this.note(start, index, isEscaped);
    if (this.isOpen) return end;
    // Whatever follows a closing quote up to the delimiter belongs to the field, quotes included.
    for (index++; index < end && bytes[index] !== this.delimiterByte; index++) this.isMalformed = true;
    return index;
  }

  private note(start: number, end: number, isEscaped: 0 | 1): void {
    const field = this.count++;
    if (field >= this.fieldCount) return;
    this.bounds[2 * field] = start;
    this.bounds[2 * field + 1] = end;
    this.isEscaped[field] = isEscaped;
  }
}
