/** The format `delimited`: what one line says. The order of the rules is fields, key, value; the first that fails names the reject. */
import { assertInvariant } from './failures';
import type { DelimitedFormat } from './format';
import { judgeKeyField, KEY_SEPARATOR } from './key';
import { KEY_FIELD_BYTES_MAX } from './limits';
import { BLANK, RECORD, type LineVerdict, type RecordReader } from './record-reader';
import { ValueReader } from './value';

const SPACE = 0x20;
const TAB = 0x09;

export class DelimitedReader implements RecordReader {
  keyBytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  readonly value: ValueReader;
  private readonly keyFields: readonly number[];
  private readonly valueField: number;
  readonly fieldCount: number;
  /** The separating byte, or -1 for runs of spaces and tabs. */
  private readonly delimiterByte: number;
  /** Start and end of each field of the line. */
  private readonly bounds: Int32Array;
  private readonly joinedKey: Uint8Array;

  constructor(format: DelimitedFormat) {
    this.value = new ValueReader(format);
    this.keyFields = format.keyFields.map((field) => field - 1);
    this.valueField = format.valueField - 1;
    this.fieldCount = format.fieldCount;
    this.delimiterByte = format.delimiter.kind === 'byte' ? format.delimiter.byte : -1;
    this.bounds = new Int32Array(2 * format.fieldCount);
    this.joinedKey = new Uint8Array(format.keyFields.length === 1 ? 0 : format.keyFields.length * (KEY_FIELD_BYTES_MAX + 1));
  }

  judge(bytes: Uint8Array, start: number, end: number): LineVerdict {
    if (start === end) return BLANK;
    const fieldsVerdict = this.delimiterByte < 0 ? this.splitAtRuns(bytes, start, end) : this.splitAtBytes(bytes, start, end);
    if (fieldsVerdict !== null) return fieldsVerdict;
    const keyVerdict = this.readKey(bytes);
    if (keyVerdict !== null) return keyVerdict;
    return this.value.read(bytes, this.fieldStart(this.valueField), this.fieldEnd(this.valueField)) ?? RECORD;
  }

  indexOf(field: number | string): number {
    assertInvariant(typeof field === 'number' && field >= 1 && field <= this.fieldCount, `a line has no field ${field}`);
    return field - 1;
  }

  fieldStart(index: number): number {
    return this.bounds[2 * index] ?? 0;
  }

  fieldEnd(index: number): number {
    return this.bounds[2 * index + 1] ?? 0;
  }

  private splitAtBytes(bytes: Uint8Array, start: number, end: number): LineVerdict | null {
    const { bounds, delimiterByte } = this;
    const lastBound = 2 * this.fieldCount - 1;
    let bound = 0;
    bounds[bound++] = start;
    for (let index = start; index < end; index++) {
      if (bytes[index] !== delimiterByte) continue;
      if (bound === lastBound) return 'too_many_fields';
      bounds[bound++] = index;
      bounds[bound++] = index + 1;
    }
    bounds[bound] = end;
    return bound < lastBound ? 'too_few_fields' : null;
  }

  private splitAtRuns(bytes: Uint8Array, start: number, end: number): LineVerdict | null {
    const { bounds } = this;
    let bound = 0;
    let index = start;
    for (;;) {
      while (index < end && isWhitespace(bytes[index])) index++;
      if (index === end) break;
      if (bound === 2 * this.fieldCount) return 'too_many_fields';
      bounds[bound++] = index;
      while (index < end && !isWhitespace(bytes[index])) index++;
      bounds[bound++] = index;
    }
    if (bound === 0) return BLANK;
    return bound < 2 * this.fieldCount ? 'too_few_fields' : null;
  }

  private readKey(bytes: Uint8Array): LineVerdict | null {
    for (const field of this.keyFields) {
      const verdict = judgeKeyField(bytes, this.fieldStart(field), this.fieldEnd(field));
      if (verdict !== null) return verdict;
    }
    if (this.keyFields.length === 1) {
      const field = this.keyFields[0] ?? 0;
      this.keyBytes = bytes;
      this.keyStart = this.fieldStart(field);
      this.keyEnd = this.fieldEnd(field);
    } else this.joinKey(bytes);
    return null;
  }

  private joinKey(bytes: Uint8Array): void {
    let length = 0;
    for (const field of this.keyFields) {
      if (length > 0) this.joinedKey[length++] = KEY_SEPARATOR;
      for (let index = this.fieldStart(field); index < this.fieldEnd(field); index++) this.joinedKey[length++] = bytes[index] ?? 0;
    }
    this.keyBytes = this.joinedKey;
    this.keyStart = 0;
    this.keyEnd = length;
  }
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
