/** What one line says under a format: the interface that every format is read behind. */
import type { RejectReason } from './reject';
import type { ValueReader } from './value';

export const BLANK = 'blank';
export const RECORD = 'record';
/**
 * The line ends within quotes. Where it ended with LF the record spans lines; at the end of the file, and where records may span
 * lines, it is a reject for quote_syntax.
 */
export const OPEN_QUOTE = 'open_quote';

export type LineVerdict = typeof RECORD | typeof BLANK | typeof OPEN_QUOTE | RejectReason;

/** Judges one line at a time. What an accepted one says stays in its members until the next, so that no line allocates. */
export interface RecordReader {
  /** Fields of every record. */
  readonly fieldCount: number;
  /** The canonical key of the last record: bytes [keyStart, keyEnd) of keyBytes. */
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The scaled value of the last record. */
  readonly value: ValueReader;
  /** The line without its LF and the CR before it, and not too long: bytes [start, end). */
  judge(bytes: Uint8Array, start: number, end: number): LineVerdict;
  /** For fieldStart and fieldEnd, of a field by its number, from 1, or of a column by its name. Throws header_unknown. */
  indexOf(field: number | string): number;
  /** Where a field of the last record lies in its line, without the quotes around it; quotes inside of it are still doubled. */
  fieldStart(index: number): number;
  fieldEnd(index: number): number;
}
