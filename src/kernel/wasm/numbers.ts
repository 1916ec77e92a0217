/** Moves the sums of small numbers into the table, as what their keys are in the file. */
import { NUMBERS, NUMBER_BYTES } from './memory';
import { KEY_DIGITS_MAX } from './pair-line';
import { clearNumbers, numbersEnd } from './pairs';
import { addTotals, findShort } from './table';

/**
 * Room for all of them must have been made. False: some are left, because the count of an entry is at its end, so that the table must
 * be emptied first.
 */
export function moveNumbers(): bool {
  let isMoved = true;
  let start: u32 = 0;
  let many: u32 = 10;
  for (let digits: u32 = 1; digits <= (KEY_DIGITS_MAX as u32) && start < numbersEnd; digits++) {
    const stop = min(numbersEnd, start + many);
    for (let index = start; index < stop; index++) {
      const place = NUMBERS + (index as usize) * NUMBER_BYTES;
      const count = load<u64>(place, 8);
      if (count == 0) continue;
      const entry = findShort(textOf(index - start, digits), 0);
      if (entry != 0 && addTotals(entry, load<u64>(place), 0, count)) store<u64>(place, 0, 8);
      else isMoved = false;
    }
    start += many;
    many *= 10;
  }
  if (isMoved) clearNumbers();
  return isMoved;
}

/** The first digit lowest. */
function textOf(number: u32, digits: u32): u64 {
  let text: u64 = 0;
  let rest = number;
  for (let digit: u32 = 0; digit < digits; digit++) {
    text = (text << 8) | (0x30 + (rest % 10));
    rest /= 10;
  }
  return text;
}
