/** Sorted entries in the form of core/partial-codec.ts, a bounded number of bytes at a time: those of the table, and between them small numbers. */
import { ENTRY_BYTES, NUMBERS, NUMBER_BYTES, NUMBER_STARTS, OUTPUT, OUTPUT_BYTES } from './memory';
import { beginNumbers, nextNumber, numberDigits, numberText } from './numbers';
import { digitsMax } from './pair-line';
import { numbersEnd } from './pairs';
import { entries, entriesStart, keyLength, keyPlace } from './table';

/** Length and numbers of one entry besides its key: 3, 19 and 5 bytes at most. */
const NUMBERS_BYTES_MAX: usize = 32;

let to: usize = OUTPUT;
/** The entry of the table that comes next, and the number, whose place is 0 when there is none. */
let nextEntry: u32 = 0;
let numberPlace: usize = 0;
/** What encodedBytes found: how many, and of all sums the longest, in bytes. */
export let encodedCount: u32 = 0;
export let longestEncodedSum: u32 = 0;

/** Without the numbers these may have entries of the same keys. */
export function beginEncoding(hasNumbers: bool): void {
  nextEntry = 0;
  numberPlace = 0;
  if (!hasNumbers) return;
  beginNumbers();
  numberPlace = nextNumber();
}

/** Writes as many entries to OUTPUT as have room and gives the bytes that they take; 0 when all are written. */
export function encodeEntries(): u32 {
  to = OUTPUT;
  const end = OUTPUT + OUTPUT_BYTES;
  while (true) {
    const entry = entriesStart + (nextEntry as usize) * ENTRY_BYTES;
    if (numberPlace != 0 && (nextEntry == entries || numberText <= bswap(load<u64>(keyPlace(entry))))) {
      if (to + NUMBERS_BYTES_MAX > end) break;
      encodeNumber();
      numberPlace = nextNumber();
    } else if (nextEntry < entries) {
      const length = keyLength(entry);
      if (to + (length as usize) + NUMBERS_BYTES_MAX > end) break;
      encodeEntry(entry, length);
      nextEntry++;
    } else break;
  }
  return (to - OUTPUT) as u32;
}

@inline
function encodeNumber(): void {
  store<u8>(to, numberDigits as u8);
  store<u64>(to, bswap(numberText), 1);
  to += 1 + (numberDigits as usize);
  writeNumber(load<u64>(numberPlace) << 1);
  writeNumber(load<u64>(numberPlace, 8));
}

@inline
function encodeEntry(entry: usize, length: u32): void {
  writeNumber(length);
  memory.copy(to, keyPlace(entry), length);
  to += length;
  const word = load<u64>(entry, 24);
  writeSigned(load<u64>(entry, 16), (word as i64) >> 32);
  writeNumber(word & 0xffffffff);
}

/** What all of them take, with the numbers. */
export function encodedBytes(): f64 {
  encodedCount = entries;
  longestEncodedSum = 0;
  let bytes = bytesOfNumbers();
  for (let number: u32 = 0; number < entries; number++) {
    const entry = entriesStart + (number as usize) * ENTRY_BYTES;
    const length = keyLength(entry);
    const word = load<u64>(entry, 24);
    const sumHigh = (word as i64) >> 32;
    const sign = (sumHigh >> 63) as u64;
    const sumLow = load<u64>(entry, 16);
    const high = (((sumHigh as u64) << 1) | (sumLow >> 63)) ^ sign;
    const sumBytes = high == 0 ? numberBytes((sumLow << 1) ^ sign) : (64 + 64 - clz(high) + 6) / 7;
    longestEncodedSum = max(longestEncodedSum, sumBytes as u32);
    bytes += numberBytes(length) + (length as u64) + sumBytes + numberBytes(word & 0xffffffff);
  }
  return bytes as f64;
}

/** Also counts them. */
function bytesOfNumbers(): u64 {
  let bytes: u64 = 0;
  for (let digits: u32 = 1; digits <= (digitsMax as u32); digits++) {
    const stop = digits == (digitsMax as u32) ? numbersEnd : min(numbersEnd, load<u32>(NUMBER_STARTS + 4 * (digits as usize) + 4));
    for (let index = load<u32>(NUMBER_STARTS + 4 * (digits as usize)); index < stop; index++) {
      const place = NUMBERS + (index as usize) * NUMBER_BYTES;
      const count = load<u64>(place, 8);
      if (count == 0) continue;
      const sumBytes = numberBytes(load<u64>(place) << 1);
      longestEncodedSum = max(longestEncodedSum, sumBytes as u32);
      bytes += 1 + (digits as u64) + sumBytes + numberBytes(count);
      encodedCount++;
    }
  }
  return bytes;
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
