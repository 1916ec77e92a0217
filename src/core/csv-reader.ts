/** The format `csv`: what one record says. The order of the rules is quotes, fields, key, value; the first that fails names the reject. */
import { CsvFields } from './csv-fields';
import { CsvHeader } from './csv-header';
import { assertInvariant } from './failures';
import type { CsvFormat } from './format';
import { judgeKeyField, KEY_SEPARATOR } from './key';
import { KEY_FIELD_BYTES_MAX } from './limits';
import { BLANK, OPEN_QUOTE, RECORD, type LineVerdict, type RecordReader } from './record-reader';
import { ValueReader } from './value';

export class CsvReader implements RecordReader {
  keyBytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  readonly value: ValueReader;
  private readonly header: CsvHeader;
  private readonly fields: CsvFields;
  private readonly keyColumns: readonly number[];
  private readonly valueColumn: number;
  private readonly copiedKey: Uint8Array;

  /** Throws header_unknown. */
  constructor(format: CsvFormat, header: Uint8Array) {
    this.value = new ValueReader(format);
    this.header = new CsvHeader(header, format.delimiter.byte);
    this.fields = new CsvFields(format.delimiter.byte, this.header.columnCount);
    this.keyColumns = format.keyColumns.map((column) => this.header.indexOf(column));
    this.valueColumn = this.header.indexOf(format.valueColumn);
    this.copiedKey = new Uint8Array(format.keyColumns.length * (KEY_FIELD_BYTES_MAX + 2));
  }

  get fieldCount(): number {
    return this.header.columnCount;
  }

  judge(bytes: Uint8Array, start: number, end: number): LineVerdict {
    if (start === end) return BLANK;
    const { fields, valueColumn } = this;
    fields.split(bytes, start, end);
    if (fields.isOpen) return OPEN_QUOTE;
    if (fields.isMalformed) return 'quote_syntax';
    if (fields.count < this.header.columnCount) return 'too_few_fields';
    if (fields.count > this.header.columnCount) return 'too_many_fields';
    const keyVerdict = this.readKey(bytes);
    if (keyVerdict !== null) return keyVerdict;
    // A doubled quote is no part of any value.
    return this.value.read(bytes, fields.start(valueColumn), fields.end(valueColumn)) ?? RECORD;
  }

  indexOf(field: number | string): number {
    if (typeof field === 'string') return this.header.indexOf(field);
    assertInvariant(field >= 1 && field <= this.header.columnCount, `a record has no field ${field}`);
    return field - 1;
  }

  fieldStart(index: number): number {
    return this.fields.start(index);
  }

  fieldEnd(index: number): number {
    return this.fields.end(index);
  }

  private readKey(bytes: Uint8Array): LineVerdict | null {
    const [only = 0] = this.keyColumns;
    if (this.keyColumns.length > 1 || this.fields.hasDoubledQuotes(only)) return this.copyKey(bytes);
    this.keyBytes = bytes;
    this.keyStart = this.fields.start(only);
    this.keyEnd = this.fields.end(only);
    return judgeKeyField(bytes, this.keyStart, this.keyEnd);
  }

  private copyKey(bytes: Uint8Array): LineVerdict | null {
    const { copiedKey, fields } = this;
    let length = 0;
    for (const column of this.keyColumns) {
      if (length > 0) copiedKey[length++] = KEY_SEPARATOR;
      const start = length;
      // One byte more than a key may have is enough to tell that it is too long.
      length = fields.copy(bytes, column, copiedKey, start, KEY_FIELD_BYTES_MAX + 1);
      const verdict = judgeKeyField(copiedKey, start, length);
      if (verdict !== null) return verdict;
    }
    this.keyBytes = copiedKey;
    this.keyStart = 0;
    this.keyEnd = length;
    return null;
  }
}
