import { INT64_MAX, INT64_MIN } from '../core/limits';

/**
 * Addends of `sum` that fit a column of 64 bits: what takes out the lowest sum that there is, or replaces one end by the other, does
 * not by itself.
 */
export function int64Parts(sum: bigint): readonly bigint[] {
  const parts: bigint[] = [];
  let rest = sum;
  do {
    const part = rest > INT64_MAX ? INT64_MAX : rest < INT64_MIN ? INT64_MIN : rest;
    parts.push(part);
    rest -= part;
  } while (rest !== 0n);
  return parts;
}
