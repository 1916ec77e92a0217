/** Keys: the fields that name what a value belongs to. Canonical form: the bytes of the fields as they are, joined by one 0x00. */
import { KEY_FIELD_BYTES_MAX } from './limits';
import type { RejectReason } from './reject';
import { isStrictUtf8 } from './utf8';

/** No accepted key field holds it, and it sorts before every byte that one can hold. */
export const KEY_SEPARATOR = 0;

type KeyReject = Extract<RejectReason, 'key_empty' | 'key_too_long' | 'key_encoding'>;

/** Why bytes [start, end) are no field of a key, or null. */
export function judgeKeyField(bytes: Uint8Array, start: number, end: number): KeyReject | null {
  if (start === end) return 'key_empty';
  if (end - start > KEY_FIELD_BYTES_MAX) return 'key_too_long';
  let allBits = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x20 || byte === 0x7f) return 'key_encoding';
    allBits |= byte;
  }
  return allBits < 0x80 || isStrictUtf8(bytes, start, end) ? null : 'key_encoding';
}
