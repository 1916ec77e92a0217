/** Sorted entries in the form of core/partial-codec.ts, a bounded number of bytes at a time. */
import { ENTRY_BYTES, OUTPUT, OUTPUT_BYTES } from './memory';
import { entries, entriesStart, keyLength, keyPlace } from './table';

/** Length and numbers of one entry besides its key: 3, 19 and 5 bytes at most. */
const NUMBERS_BYTES_MAX: usize = 32;

let to: usize = OUTPUT;

/** The first entry that the next call gives. */
export let encoded: u32 = 0;

export function beginEncoding(): void {
  encoded = 0;
}

/** Writes as many entries to OUTPUT as have room and gives the bytes that they take; 0 when all are written. */
export function encodeEntries(): u32 {
  to = OUTPUT;
  const end = OUTPUT + OUTPUT_BYTES;
  while (encoded < entries) {
    const entry = entriesStart + (encoded as usize) * ENTRY_BYTES;
    const length = keyLength(entry);
    if (to + (length as usize) + NUMBERS_BYTES_MAX > end) break;
    writeNumber(length);
    memory.copy(to, keyPlace(entry), length);
    to += length;
    const word = load<u64>(entry, 24);
    writeSigned(load<u64>(entry, 16), (word as i64) >> 32);
    writeNumber(word & 0xffffffff);
    encoded++;
  }
  return (to - OUTPUT) as u32;
}

/** What all of them take. */
export function encodedBytes(): f64 {
  let bytes: u64 = 0;
  for (let number: u32 = 0; number < entries; number++) {
    const entry = entriesStart + (number as usize) * ENTRY_BYTES;
    const length = keyLength(entry);
    const word = load<u64>(entry, 24);
    const sumHigh = (word as i64) >> 32;
    const sign = (sumHigh >> 63) as u64;
    const sumLow = load<u64>(entry, 16);
    const high = (((sumHigh as u64) << 1) | (sumLow >> 63)) ^ sign;
    bytes += numberBytes(length) + (length as u64) + numberBytes(word & 0xffffffff);
    bytes += high == 0 ? numberBytes((sumLow << 1) ^ sign) : (64 + 64 - clz(high) + 6) / 7;
  }
  return bytes as f64;
}

@inline
function numberBytes(value: u64): u64 {
  return (64 - clz(value | 1) + 6) / 7;
}

@inline
function writeNumber(value: u64): void {
  let rest = value;
  while (rest >= 0x80) {
    store<u8>(to++, (rest as u8) | 0x80);
    rest >>= 7;
  }
  store<u8>(to++, rest as u8);
}

/** Zigzag: the sign is the lowest bit of twice the magnitude. */
function writeSigned(sumLow: u64, sumHigh: i64): void {
  const sign = (sumHigh >> 63) as u64;
  let low = (sumLow << 1) ^ sign;
  let high = (((sumHigh as u64) << 1) | (sumLow >> 63)) ^ sign;
  while (high != 0) {
    store<u8>(to++, (low as u8) | 0x80);
    low = (low >> 7) | (high << 57);
    high >>= 7;
  }
  writeNumber(low);
}
