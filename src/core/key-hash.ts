/** FNV-1a with 32 bits (RFC 9923): `hash = Math.imul(hash ^ byte, KEY_HASH_PRIME)` from KEY_HASH_BASIS on, byte by byte. */
export const KEY_HASH_BASIS = 0x811c9dc5 | 0;
export const KEY_HASH_PRIME = 0x01000193;

export function hashKey(bytes: Uint8Array, start: number, end: number): number {
  let hash = KEY_HASH_BASIS;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), KEY_HASH_PRIME);
  return hash;
}
