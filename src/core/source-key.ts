/**
 * Any bytes as printable text, and back. sourceKeys and reject samples are shown, logged and compared in this form.
 * The set of escaped characters is fixed here and not asked of Unicode tables: a sourceKey must not change with Node.
 */
import { TallylineFailure } from './failures';
import { codePointAt, pushUtf8, sequenceLength } from './utf8';

const BACKSLASH = 0x5c;

/** Printable characters stay, backslash doubles, every byte of anything else becomes \xHH. Different bytes give different text. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  let offset = 0;
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset, bytes.length);
    const end = offset + Math.max(1, length);
    const codePoint = length === 0 ? null : codePointAt(bytes, offset, length);
    if (codePoint === null || isUnprintable(codePoint)) text += escapeEach(bytes.subarray(offset, end));
    else text += codePoint === BACKSLASH ? '\\\\' : String.fromCodePoint(codePoint);
    offset = end;
  }
  return text;
}

/** Throws unknown_file for an escape that is not one of `\\` and \xHH (lower case), and for half a surrogate pair. */
export function unescapeBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let index = 0; index < text.length;) {
    const codePoint = text.codePointAt(index) ?? 0;
    if (codePoint === BACKSLASH) index = unescapeAt(text, index, bytes);
    else {
      if (codePoint >= 0xd800 && codePoint <= 0xdfff) throw malformed(text, index);
      pushUtf8(bytes, codePoint);
      index += codePoint > 0xffff ? 2 : 1;
    }
  }
  return Uint8Array.from(bytes);
}

function unescapeAt(text: string, index: number, bytes: number[]): number {
  if (text[index + 1] === '\\') {
    bytes.push(BACKSLASH);
    return index + 2;
  }
  const digits = /^\\x([0-9a-f]{2})/.exec(text.slice(index, index + 4))?.[1];
  if (digits === undefined) throw malformed(text, index);
  bytes.push(Number.parseInt(digits, 16));
  return index + 4;
}

function escapeEach(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Controls, line and paragraph separators, and what turns the writing direction: all that could forge a line of a log or a table. */
function isUnprintable(codePoint: number): boolean {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint <= 0x9f)) return true;
  if (codePoint === 0x061c || codePoint === 0x200e || codePoint === 0x200f) return true;
  return (codePoint >= 0x2028 && codePoint <= 0x202e) || (codePoint >= 0x2066 && codePoint <= 0x2069);
}

function malformed(text: string, index: number): TallylineFailure {
  const fact = `${JSON.stringify(text)} is no escaped name: the backslash or character at position ${index + 1} stands for no byte`;
  return new TallylineFailure('unknown_file', fact);
}
