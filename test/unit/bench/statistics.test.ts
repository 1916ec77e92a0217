import { judge } from '../../../bench/linear';
import { markdownTable } from '../../../bench/harness/markdown-table';
import { parseSize } from '../../../bench/harness/parse-size';
import { median, ratiosInTurn } from '../../../bench/harness/statistics';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('a ratio is taken within each round, so that a slow round tells nothing of either', () => {
  // The second round met a machine half as fast; the ratio of medians would be 4 / 2 as well, but its spread would not be 2 to 2.
  expect(ratiosInTurn([4, 8, 4], [2, 4, 2])).toEqual({ median: 2, min: 2, max: 2 });
  expect(() => ratiosInTurn([1, 2], [1])).toThrow('2 runs cannot be paired with 1');
});

test('a cell cannot end its column early', () => {
  expect(markdownTable(['a', 'b'], [['x|y', '1']])).toBe('| a | b |\n| --- | ---: |\n| x\\|y | 1 |');
});

test('sizes are decimal, and anything else is none', () => {
  expect(['64MB', '1GB', '1.5KB', '7B'].map(parseSize)).toEqual([64_000_000, 1_000_000_000, 1500, 7]);
  expect(['', '64', '0MB', 'MB', '1.5B', '64 MB', '64MiB'].map(parseSize)).toEqual(Array(7).fill(undefined));
});

test('what is proportional to the middle size has a share of 1, and the empty file none', () => {
  const sizes = [0, 100, 1000, 10_000].map((fileBytes) => ({ fileBytes, seconds: 0.5 + fileBytes / 1000, peakBytes: 1 }));
  expect(judge(sizes).map(({ share }) => share && Number(share.toFixed(9)))).toEqual([null, 1, 1, 1]);
  const slower = sizes.map((size) => (size.fileBytes === 10_000 ? { ...size, seconds: 15.5 } : size));
  expect(judge(slower)[3]?.share).toBe(1.5);
});
