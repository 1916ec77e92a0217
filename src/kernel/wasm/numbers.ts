/** Moves the sums of small numbers into the table, as what their keys are in the file. */
import { NUMBERS, NUMBER_BYTES } from './memory';
import { clearNumbers, numbersEnd } from './pairs';
import { addTotals, findShort } from './table';

/**
 * Room for all of them must have been made. False: some are left, because the count of an entry is at its end, so that the table must
 * be emptied first.
 */
export function moveNumbers(): bool {
  let isMoved = true;
  for (let number: u32 = 0; number < numbersEnd; number++) {
    const place = NUMBERS + (number as usize) * NUMBER_BYTES;
    const count = load<u64>(place, 8);
    if (count == 0) continue;
    const entry = findShort(digitsOf(number), 0);
    if (entry != 0 && addTotals(entry, load<u64>(place), 0, count)) store<u64>(place, 0, 8);
    else isMoved = false;
  }
  if (isMoved) clearNumbers();
  return isMoved;
}

/** As text, the first digit lowest. */
function digitsOf(number: u32): u64 {
  let text: u64 = 0;
  let rest = number;
  do {
    text = (text << 8) | (0x30 + (rest % 10));
    rest /= 10;
  } while (rest != 0);
  return text;
}
