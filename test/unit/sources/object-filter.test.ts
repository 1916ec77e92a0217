/** Which object keys are taken: a key may hold what no path may, and must not be left out for that. */
import { createObjectFilter } from '../../../src/sources/object-filter';
import { toObjectSourceKey } from '../../../src/sources/object-key';

function filterOf(include: string[], exclude: string[] = []) {
  return createObjectFilter({
    kind: 's3',
    keysAreUnique: false,
    sourceId: 'usage',
    region: 'us-east-1',
    bucket: 'usage',
    pathStyle: true,
    requests: 1,
    prefix: '',
    include,
    exclude,
  });
}

test.each(['a/../b.txt', '../c.txt', './d.txt', 'a/./e.txt', '..', '.', 'a/..', '/lead.txt', 'a//b.txt', '//', 'a/'])(
  'the key "%s" is chosen by a glob for everything, and left out by one',
  (key) => {
    const sourceKey = toObjectSourceKey(key);
    expect(filterOf(['**/*']).isWanted(sourceKey)).toBe(true);
    expect(filterOf(['**']).isWanted(sourceKey)).toBe(true);
    expect(filterOf(['**/*'], ['**/*']).isWanted(sourceKey)).toBe(false);
  },
);

test('a name that begins with a dot still needs a glob that does', () => {
  expect(filterOf(['**/*']).isWanted('a/.hidden')).toBe(false);
  expect(filterOf(['**/*']).isWanted('a/...')).toBe(false);
  expect(filterOf(['**/.*']).isWanted('a/.hidden')).toBe(true);
});
