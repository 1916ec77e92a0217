import { findLateFiles, isMeant } from '../../../src/core/late-manifest';

const row = (fileId: string, sequence: number, change: object) => ({
  fileId,
  sequence,
  generation: `g-${fileId}`,
  state: 'in' as const,
  inVersion: 1,
  sizeBytes: 10,
  contentDigest: 'x',
  inContentDigest: 'x',
  ...change,
});
const aside = { state: 'quarantined' as const, inVersion: null, inContentDigest: null, contentDigest: 'other' };
const alias = { state: 'alias' as const, inVersion: null, inContentDigest: null };

const meant = (rows: readonly ReturnType<typeof row>[], shown: string | null) =>
  findLateFiles(rows)
    .filter((late) => isMeant(late, shown))
    .map(({ fileId }) => fileId);

test('the generation that is in is meant while the source shows it, or an alias of it', () => {
  const rows = [row('a', 1, {}), row('b', 2, alias)];
  expect(meant(rows, 'g-a')).toEqual(['a']);
  expect(meant(rows, 'g-b')).toEqual(['a']);
});

test('a newer generation that was set aside, or was never seen, is another file: what is in is not judged by its manifest', () => {
  const rows = [row('a', 1, {}), row('b', 2, aside)];
  expect(meant(rows, 'g-b')).toEqual([]);
  expect(meant(rows, 'g-unknown')).toEqual([]);
});

test('where the source has the file no more the one seen last of those that are in is meant', () => {
  const rows = [row('a', 1, {}), row('b', 2, { contentDigest: 'y', inContentDigest: 'y' }), row('c', 3, aside)];
  expect(meant(rows, null)).toEqual(['b']);
  expect(meant(rows, 'g-a')).toEqual(['a']);
});

test('nothing is meant where nothing is in', () => {
  expect(meant([row('a', 1, aside)], null)).toEqual([]);
  expect(meant([], null)).toEqual([]);
});
