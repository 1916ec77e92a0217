/** Strict UTF-8 (RFC 3629, section 4) without the platform's coders, which core has no types for. */

/** Length of the well-formed sequence at `offset` that ends by `end`; 0 when there is none (overlong, surrogate, truncated, stray). */
export function sequenceLength(bytes: Uint8Array, offset: number, end: number): 0 | 1 | 2 | 3 | 4 {
  const first = bytes[offset] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (offset + length > end) return 0;
  const second = bytes[offset + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let index = offset + 2; index < offset + length; index++) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** The code point of the well-formed sequence of `length` bytes at `offset`. */
export function codePointAt(bytes: Uint8Array, offset: number, length: number): number {
  const first = bytes[offset] ?? 0;
  if (length === 1) return first;
  let codePoint = first & (0x7f >> length);
  for (let index = offset + 1; index < offset + length; index++) codePoint = (codePoint << 6) | ((bytes[index] ?? 0) & 0x3f);
  return codePoint;
}

export function isStrictUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let offset = start;
  while (offset < end) {
    const length = sequenceLength(bytes, offset, end);
    if (length === 0) return false;
    offset += length;
  }
  return true;
}

/** Keeps a leading U+FEFF. A byte that is part of no well-formed sequence becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  let offset = 0;
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset, bytes.length);
    text += length === 0 ? '\ufffd' : String.fromCodePoint(codePointAt(bytes, offset, length));
    offset += Math.max(1, length);
  }
  return text;
}

/** Of text without half a surrogate pair. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) pushUtf8(bytes, character.codePointAt(0) ?? 0);
  return Uint8Array.from(bytes);
}

/** Appends the UTF-8 form of a code point that is no surrogate. */
export function pushUtf8(target: number[], codePoint: number): void {
  if (codePoint < 0x80) target.push(codePoint);
  else if (codePoint < 0x800) target.push(0xc0 | (codePoint >> 6), 0x80 | (codePoint & 0x3f));
  else if (codePoint < 0x10000) target.push(0xe0 | (codePoint >> 12), 0x80 | ((codePoint >> 6) & 0x3f), 0x80 | (codePoint & 0x3f));
  else {
    target.push(0xf0 | (codePoint >> 18), 0x80 | ((codePoint >> 12) & 0x3f), 0x80 | ((codePoint >> 6) & 0x3f), 0x80 | (codePoint & 0x3f));
  }
}
