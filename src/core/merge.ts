import { compareBytes } from './byte-order';
import { INT64_MAX, INT64_MIN } from './limits';
import type { TotalsEntry } from './partial';

/** Adds up entries of equal keys. Every list, and the result, is sorted by key bytes and unique. Lists are merged in pairs. */
export function mergeEntries(lists: readonly (readonly TotalsEntry[])[]): readonly TotalsEntry[] {
  let round = lists;
  while (round.length > 1) {
    const merged: (readonly TotalsEntry[])[] = [];
    for (let index = 0; index < round.length; index += 2) merged.push(mergeTwo(round[index] ?? [], round[index + 1] ?? []));
    round = merged;
  }
  return round[0] ?? [];
}

/** The first entry whose sum no signed 64-bit integer holds, or null. */
export function findOverflow(entries: readonly TotalsEntry[]): TotalsEntry | null {
  return entries.find(({ sum }) => sum > INT64_MAX || sum < INT64_MIN) ?? null;
}

function mergeTwo(left: readonly TotalsEntry[], right: readonly TotalsEntry[]): readonly TotalsEntry[] {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const merged: TotalsEntry[] = [];
  let leftIndex = 0;
  let rightIndex = 0;
  for (;;) {
    const fromLeft = left[leftIndex];
    const fromRight = right[rightIndex];
    if (fromLeft === undefined || fromRight === undefined) break;
    const order = compareBytes(fromLeft.key, fromRight.key);
    if (order <= 0) leftIndex++;
    if (order >= 0) rightIndex++;
    if (order === 0) merged.push({ key: fromLeft.key, sum: fromLeft.sum + fromRight.sum, count: fromLeft.count + fromRight.count });
    else merged.push(order < 0 ? fromLeft : fromRight);
  }
  return merged.concat(left.slice(leftIndex), right.slice(rightIndex));
}
