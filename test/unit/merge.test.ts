import { findOverflow, mergeEntries } from '../../src/core/merge';
import type { TotalsEntry } from '../../src/core/partial';

const entry = (key: string, sum: bigint): TotalsEntry => ({ key: Buffer.from(key), sum, count: 1n });
const show = (entries: readonly TotalsEntry[]) => entries.map(({ key, sum, count }) => `${Buffer.from(key).toString()}=${sum}/${count}`);

test('sums and counts of equal keys are added, the order of bytes is kept', () => {
  const lists = [[entry('a', 1n), entry('c', 2n)], [], [entry('b', 3n), entry('c', -5n), entry('ca', 1n)], [entry('a', 10n)]];
  expect(show(mergeEntries(lists))).toEqual(['a=11/2', 'b=3/1', 'c=-3/2', 'ca=1/1']);
  expect(mergeEntries([])).toEqual([]);
});

test('findOverflow gives the first sum that 64 bits cannot hold', () => {
  expect(findOverflow([entry('a', 2n ** 63n - 1n), entry('b', -(2n ** 63n))])).toBeNull();
  expect(findOverflow([entry('a', 0n), entry('b', 2n ** 63n)])?.key).toEqual(Buffer.from('b'));
  expect(findOverflow([entry('a', -(2n ** 63n) - 1n)])).not.toBeNull();
});
