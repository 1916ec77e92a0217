/** The sums of small numbers, in the order of what their keys are in the file. */
import { ENTRY_BYTES, NUMBERS, NUMBER_BYTES, NUMBER_STARTS } from './memory';
import { digitsMax } from './pair-line';
import { numbersEnd, settleNumbers } from './pairs';
import { addTotals, entries, entriesStart } from './table';

const ZERO: u64 = 0x30;
const NINE: u64 = 0x39;

/** Of the number that nextNumber gave: its digits as text, the first one highest, how many, and what they come to. */
export let numberText: u64 = 0;
export let numberDigits: u64 = 0;
let number: u32 = 0;

/**
 * Adds those that have an entry in the table to it, so that no key is held twice. False: some are held twice still, because the count
 * of an entry is at its end, so that the table must be emptied first.
 */
export function foldNumbers(): bool {
  let isFolded = true;
  settleNumbers();
  if (numbersEnd == 0) return isFolded;
  for (let index: u32 = 0; index < entries; index++) {
    const entry = entriesStart + (index as usize) * ENTRY_BYTES;
    if (load<u64>(entry, 8) != 0) continue;
    const place = placeOfText(load<u64>(entry));
    if (place == 0 || load<u64>(place, 8) == 0) continue;
    if (addTotals(entry, load<u64>(place), 0, load<u64>(place, 8))) v128.store(place, i64x2.splat(0));
    else isFolded = false;
  }
  return isFolded;
}

/** Where the number is held that these digits are, the first one lowest; 0 where they are none of those. */
function placeOfText(text: u64): usize {
  const digits: usize = 8 - (clz(text) as usize) / 8;
  if (digits > digitsMax) return 0;
  let value: u32 = 0;
  for (let rest = text; rest != 0; rest >>= 8) {
    const digit = ((rest & 0xff) as u32) - (ZERO as u32);
    if (digit > 9) return 0;
    value = 10 * value + digit;
  }
  const place = load<u32>(NUMBER_STARTS + 4 * digits) + value;
  return place < numbersEnd ? placeAt(place) : 0;
}

@inline
function placeAt(index: u32): usize {
  return NUMBERS + (index as usize) * NUMBER_BYTES;
}

export function beginNumbers(): void {
  numberText = 0;
  numberDigits = 0;
  number = 0;
}

/** The next number of which there are records, sorted by the bytes of its text: where its sum is, or 0 when there is none. */
export function nextNumber(): usize {
  let text = numberText;
  let digits = numberDigits;
  let value = number;
  while (true) {
    const longer = load<u32>(4 * (digits as usize) + 4, NUMBER_STARTS) + 10 * value;
    if (digits < (digitsMax as u64) && longer < numbersEnd) {
      // First of all with a 0 behind it.
      text |= ZERO << (56 - 8 * digits);
      digits++;
      value *= 10;
    } else {
      while (digits > 0 && ((text >> (64 - 8 * digits)) & 0xff) == NINE) {
        digits--;
        text &= ~((0xff as u64) << (56 - 8 * digits));
        value /= 10;
      }
      if (digits == 0) return 0;
      text += (1 as u64) << (64 - 8 * digits);
      value++;
    }
    const place = placeAt(load<u32>(4 * (digits as usize), NUMBER_STARTS) + value);
    if (load<u64>(place, 8) == 0) continue;
    numberText = text;
    numberDigits = digits;
    number = value;
    return place;
  }
}
