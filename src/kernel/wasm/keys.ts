/** Key fields: which bytes they may hold, and several joined to one key, or a long one copied, where it is padded with zeros. */
import { SCRATCH_KEY } from './memory';

/** As in core/limits.ts. */
const KEY_FIELD_BYTES_MAX: usize = 1024;

let scratchBytes: usize = 0;

/** A field [start, end) that may be one of a key. */
export function isKeyField(start: usize, end: usize): bool {
  const length = end - start;
  if (length - 1 >= KEY_FIELD_BYTES_MAX) return false;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte < 0x20 || byte == 0x7f) return false;
    if (byte >= 0x80) return isText(at, end);
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

export function beginKey(): void {
  scratchBytes = 0;
}

/** Joined to what is there by one 0x00. */
export function appendField(start: usize, end: usize): void {
  if (scratchBytes > 0) store<u8>(SCRATCH_KEY + scratchBytes++, 0);
  memory.copy(SCRATCH_KEY + scratchBytes, start, end - start);
  scratchBytes += end - start;
}

/** Pads what was appended and gives its length. */
export function endKey(): u32 {
  return endKeyOf(scratchBytes as u32);
}

/** The same for bytes that lie there already. */
export function endKeyOf(length: u32): u32 {
  v128.store(SCRATCH_KEY + (length as usize), i8x16.splat(0));
  return length;
}
