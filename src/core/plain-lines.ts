/**
 * The short way for runs of the commonest lines: printable ASCII key, delimiter, at most 15 digits, LF or CR LF. It takes a line
 * only where the grammar would accept it beyond doubt and leaves every other to it, so it changes the speed and nothing else.
 */
import type { DelimitedFormat } from './format';
import { KEY_HASH_BASIS, KEY_HASH_PRIME } from './key-hash';
import { KEY_FIELD_BYTES_MAX } from './limits';
import type { TotalsTable } from './totals-table';

const LF = 0x0a;
const CR = 0x0d;
const ZERO = 0x30;
const DIGITS_MAX = 15;

export class PlainLines {
  /** Lines taken so far; each is a record. */
  records = 0;
  private readonly isApplicable: boolean;
  private readonly delimiterByte: number;
  private readonly factor: number;
  private readonly digitsMax: number;
  private readonly keyBytesMax: number;

  constructor(
    format: DelimitedFormat,
    private readonly table: TotalsTable,
  ) {
    const { delimiter, fieldCount, keyFields, valueField, scale, maxLineBytes } = format;
    this.delimiterByte = delimiter.kind === 'byte' ? delimiter.byte : -1;
    this.factor = 10 ** scale;
    this.digitsMax = DIGITS_MAX - scale;
    this.keyBytesMax = Math.min(KEY_FIELD_BYTES_MAX, maxLineBytes - DIGITS_MAX - 1);
    const isKeyThenValue = fieldCount === 2 && keyFields.length === 1 && keyFields[0] === 1 && valueField === 2;
    this.isApplicable = isKeyThenValue && delimiter.kind === 'byte' && this.digitsMax > 0;
  }

  /** Takes lines from the line start `start` on, as long as they begin before `limit`. Gives the start of the first one not taken. */
  take(chunk: Uint8Array, start: number, limit: number): number {
    if (!this.isApplicable) return start;
    const { table, delimiterByte, factor, digitsMax, keyBytesMax } = this;
    const { length } = chunk;
    let lineStart = start;
    while (lineStart < limit) {
      let index = lineStart;
      let hash = KEY_HASH_BASIS;
      let byte = 0;
      for (; index < length; index++) {
        byte = chunk[index] ?? 0;
        if (byte === delimiterByte || byte < 0x20 || byte > 0x7e) break;
        hash = Math.imul(hash ^ byte, KEY_HASH_PRIME);
      }
      const keyEnd = index;
      if (byte !== delimiterByte || keyEnd === lineStart || keyEnd - lineStart > keyBytesMax) break;
      let value = 0;
      for (index++; index < length; index++) {
        byte = chunk[index] ?? 0;
        const digit = byte - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      const digits = index - keyEnd - 1;
      if (digits === 0 || digits > digitsMax) break;
      if (byte === CR) byte = chunk[++index] ?? 0;
      if (byte !== LF || index >= length) break;
      table.addHashed(hash, chunk, lineStart, keyEnd, value * factor);
      this.records++;
      lineStart = index + 1;
    }
    return lineStart;
  }
}
