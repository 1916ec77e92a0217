/** Key fields: which bytes they may hold, and several joined to one key, or a long one copied, where it is padded with zeros. */
import { leftMask } from './memory';

/** As in core/limits.ts. */
const KEY_FIELD_BYTES_MAX: usize = 1024;

/** Where a key is put together, and how long it is so far. */
let target: usize = 0;
let targetBytes: usize = 0;

/** A field [start, end) that may be one of a key. Reads up to 15 bytes beyond it. */
export function isKeyField(start: usize, end: usize): bool {
  const length = end - start;
  if (length - 1 >= KEY_FIELD_BYTES_MAX) return false;
  const least = i8x16.splat(0x20);
  const del = i8x16.splat(0x7f);
  for (let at = start; at < end; at += 16) {
    const bytes = v128.load(at);
    let odd = v128.or(i8x16.lt_s(bytes, least), i8x16.eq(bytes, del));
    if (end - at < 16) odd = v128.and(odd, leftMask(end - at));
    // Control characters, and all that is not ASCII.
    if (v128.any_true(odd)) return isText(at, end);
  }
  return true;
}

/** Strict UTF-8 (RFC 3629, section 4) without control characters. */
function isText(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const first = load<u8>(at);
    if (first < 0x80) {
      if (first < 0x20 || first == 0x7f) return false;
      at++;
      continue;
    }
    if (first < 0xc2 || first > 0xf4) return false;
    const length: usize = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (at + length > end) return false;
    const second = load<u8>(at, 1);
    const lowest: u8 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const highest: u8 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return false;
    for (let index: usize = 2; index < length; index++) if ((load<u8>(at + index) & 0xc0) != 0x80) return false;
    at += length;
  }
  return true;
}

export function beginKey(at: usize): void {
  target = at;
  targetBytes = 0;
}

/** Joined to what is there by one 0x00. */
export function appendField(start: usize, end: usize): void {
  if (targetBytes > 0) store<u8>(target + targetBytes++, 0);
  // In whole vectors, beyond its end: shorter than a call for so few bytes.
  for (let offset: usize = 0; offset < end - start; offset += 16) v128.store(target + targetBytes + offset, v128.load(start + offset));
  targetBytes += end - start;
}

/** Pads what was appended and gives its length. */
export function endKey(): u32 {
  padKey(target, targetBytes as u32);
  return targetBytes as u32;
}

export function padKey(key: usize, length: u32): void {
  v128.store(key + (length as usize), i8x16.splat(0));
}
