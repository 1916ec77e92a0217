/** The header line of a CSV file: which column lies where. */
import { compareBytes } from './byte-order';
import { CsvFields } from './csv-fields';
import { TallylineFailure } from './failures';
import { CSV_COLUMN_NAMED_CHARACTERS_MAX, CSV_COLUMNS_MAX, CSV_COLUMNS_NAMED_MAX } from './limits';
import { escapeBytes } from './source-key';
import { encodeUtf8 } from './utf8';

export class CsvHeader {
  private readonly names: readonly Uint8Array[];

  /** `line`: without its LF and the CR before it. Throws header_unknown where it is no record. */
  constructor(line: Uint8Array, delimiterByte: number) {
    if (line.length === 0) throw new TallylineFailure('header_unknown', 'the file has no header: its first line is empty');
    const fields = new CsvFields(delimiterByte, CSV_COLUMNS_MAX);
    fields.split(line, 0, line.length);
    if (fields.count > CSV_COLUMNS_MAX)
      throw new TallylineFailure('header_unknown', `the header has ${fields.count} columns, of at most ${CSV_COLUMNS_MAX}`);
    if (fields.isOpen || fields.isMalformed) throw malformed(line, fields.isOpen);
    this.names = Array.from({ length: fields.count }, (_, field) => {
      const name = new Uint8Array(fields.end(field) - fields.start(field));
      return name.subarray(0, fields.copy(line, field, name, 0, name.length));
    });
  }

  get columnCount(): number {
    return this.names.length;
  }

  /** Its index, from 0. Names are compared byte by byte. Throws header_unknown where there is none or more than one. */
  indexOf(column: string): number {
    const wanted = encodeUtf8(column);
    const found = this.names.flatMap((name, index) => (compareBytes(name, wanted) === 0 ? [index] : []));
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    const what = first === undefined ? `no column ${show(wanted)}` : `${found.length} columns ${show(wanted)}`;
    throw new TallylineFailure('header_unknown', `the header has ${what}; its ${this.names.length} columns: ${this.describe()}`);
  }

  private describe(): string {
    const named = this.names.slice(0, CSV_COLUMNS_NAMED_MAX).map(show);
    return [...named, ...(this.names.length > named.length ? ['…'] : [])].join(', ');
  }
}

/** A header that has no end within the longest line. */
export function headerTooLong(maxLineBytes: number): TallylineFailure {
  return new TallylineFailure('header_unknown', `the first line, which is the header, has more than ${maxLineBytes} bytes`);
}

function malformed(line: Uint8Array, isOpen: boolean): TallylineFailure {
  const why = isOpen ? 'ends within quotes' : 'has a quote where none may be';
  return new TallylineFailure('header_unknown', `the header is no record: it ${why}: ${cut(line)}`);
}

function show(name: Uint8Array): string {
  return `"${cut(name)}"`;
}

function cut(bytes: Uint8Array): string {
  // Four bytes are one character at most, and an escape is longer than its byte.
  const text = escapeBytes(bytes.subarray(0, 4 * CSV_COLUMN_NAMED_CHARACTERS_MAX));
  return text.length > CSV_COLUMN_NAMED_CHARACTERS_MAX ? `${text.slice(0, CSV_COLUMN_NAMED_CHARACTERS_MAX)}…` : text;
}
