/** Rows of comma-separated values as in RFC 4180, but ended by LF alone. */
import { TallylineFailure } from './failures';
import type { Format } from './format';
import { KEY_SEPARATOR } from './key';
import { decodeUtf8 } from './utf8';

/** One row with its LF. A cell is quoted where it holds a comma, a quote, CR or LF. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}

/** For people who open CSV in a spreadsheet: text that it would take for a formula gets an apostrophe before it. */
export function guardSpreadsheetCell(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/**
 * The fields of a canonical key in one cell, joined as the format's lines join them: by the delimiter, or one space.
 * Throws config_invalid where a field holds the joining character itself: quoted fields of CSV can, and keys counted under another delimiter.
 */
export function joinKey(key: Uint8Array, format: Pick<Format, 'delimiter'>): string {
  const joiner = keyJoiner(format);
  const fields = keyFields(key);
  if (isAmbiguous(fields, joiner)) throw ambiguousKey(fields, joiner);
  return fields.join(joiner);
}

/** Joined, its fields could not be told apart. */
export function isAmbiguous(fields: readonly string[], joiner: string): boolean {
  return fields.length > 1 && fields.some((field) => field.includes(joiner));
}

export function ambiguousKey(fields: readonly string[], joiner: string): TallylineFailure {
  const fact = `the key ${JSON.stringify(fields)} cannot be one CSV cell: a field holds ${JSON.stringify(joiner)}, which joins them; use --output json`;
  return new TallylineFailure('config_invalid', fact);
}

/** What joins the fields of a key in one cell. */
export function keyJoiner({ delimiter }: Pick<Format, 'delimiter'>): string {
  return delimiter.kind === 'whitespace' ? ' ' : String.fromCharCode(delimiter.byte);
}

/** The fields of a canonical key as text. */
export function keyFields(key: Uint8Array): string[] {
  const fields: string[] = [];
  let start = 0;
  for (;;) {
    const end = key.indexOf(KEY_SEPARATOR, start);
    fields.push(decodeUtf8(key.subarray(start, end < 0 ? key.length : end)));
    if (end < 0) return fields;
    start = end + 1;
  }
}
