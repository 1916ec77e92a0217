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

/** The same over any number of entries: it holds one entry of each list at a time. */
export function mergeSorted(lists: readonly Iterable<TotalsEntry>[]): Iterable<TotalsEntry> {
  let round = lists;
  while (round.length > 1) {
    const merged: Iterable<TotalsEntry>[] = [];
    for (let index = 0; index < round.length; index += 2) {
      const [left = [], right] = [round[index], round[index + 1]];
      merged.push(right === undefined ? left : mergePair(left, right));
    }
    round = merged;
  }
  return round[0] ?? [];
}

/** Over all keys, of any size. */
export function sumOf(entries: Iterable<TotalsEntry>): bigint {
  let total = 0n;
  for (const { sum } of entries) total += sum;
  return total;
}

/** The first entry whose sum no signed 64-bit integer holds, or null. */
export function findOverflow(entries: readonly TotalsEntry[]): TotalsEntry | null {
  return entries.find(({ sum }) => leavesInt64(sum)) ?? null;
}

export function leavesInt64(sum: bigint): boolean {
  return sum > INT64_MAX || sum < INT64_MIN;
}

function* mergePair(left: Iterable<TotalsEntry>, right: Iterable<TotalsEntry>): Generator<TotalsEntry, void> {
  const [lefts, rights] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  let [one, other] = [lefts.next(), rights.next()];
  while (one.done !== true || other.done !== true) {
    const order = one.done === true ? 1 : other.done === true ? -1 : compareBytes(one.value.key, other.value.key);
    if (one.done !== true && other.done !== true && order === 0) {
      yield { key: one.value.key, sum: one.value.sum + other.value.sum, count: one.value.count + other.value.count };
    } else if (one.done !== true && order < 0) yield one.value;
    else if (other.done !== true) yield other.value;
    if (order <= 0) one = lefts.next();
    if (order >= 0) other = rights.next();
  }
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
