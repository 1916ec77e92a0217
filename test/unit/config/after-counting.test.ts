/** What a configuration may let become of counted files: never of one that somebody else may still want, and nowhere that is listed. */
import { parseConfig } from '../../../src/config/load-config';
import { toAfterCounting, toSourceOptions } from '../../../src/config/convert';
import type { TallylineFailure } from '../../../src/core/failures';

const PATH = '/etc/tallyline/tallyline.yaml';

function text(afterCounting: string, { more = '', retention = '' } = {}): string {
  return `pipelines:
  - name: usage
    source: { kind: directory, id: incoming, root: /data/incoming, afterCounting: ${afterCounting} }
    ${retention}
${more}`;
}

function parse(...given: Parameters<typeof text>) {
  return parseConfig(text(...given), PATH).pipelines[0]!;
}

function faultOf(...given: Parameters<typeof text>): string {
  try {
    parse(...given);
    return '';
  } catch (error) {
    return (error as TallylineFailure).fact;
  }
}

const other = (root: string) => `  - name: other\n    source: { kind: directory, id: other, root: ${root} }\n`;

test('files are kept unless something is said', () => {
  expect(toAfterCounting(parse('{ action: keep, to: /data/incoming/here }'))).toBeUndefined();
  expect(toAfterCounting(parse('{}'))).toBeUndefined();
});

test('what is said gets absolute paths, and stays out of what opens the source', () => {
  const week = 7 * 86_400_000;
  expect(toAfterCounting(parse('{ action: move, to: ./counted }'))).toEqual({
    action: { kind: 'move', to: '/etc/tallyline/counted' },
    afterMs: week,
  });
  expect(toAfterCounting(parse('{ action: delete, after: 1h }'))).toEqual({
    action: { kind: 'delete', trash: '/data/incoming/.tallyline-trash' },
    afterMs: 3_600_000,
  });
  expect(toSourceOptions(parse('{ action: delete }'))).not.toHaveProperty('afterCounting');
});

test.each([
  ['{ action: shred }', 'afterCounting.action cannot be "shred"'],
  ['{ action: move }', '`move` puts files there'],
  ['{ action: tag, tags: { counted: "yes" } }', 'its files have no tags'],
  ['{ action: delete, tags: { counted: "yes" } }', 'has no meaning unless `action` is `tag`'],
  ['{ action: delete, after: 761d }', 'must be shorter than `retention.contributions`'],
  ['{ action: move, to: /data/incoming }', 'files of /data/incoming are listed'],
  ['{ action: move, to: /data/incoming/done }', 'files of /data/incoming are listed'],
  ['{ action: move, to: /data/incoming/a/../done }', 'files of /data/incoming are listed'],
  ['{ action: move, to: /data }', 'files of /data/incoming are listed'],
  ['{ action: delete, to: / }', 'files of /data/incoming are listed'],
])('%s is refused', (afterCounting, fault) => {
  expect(faultOf(afterCounting)).toContain(fault);
});

test.each([
  '{ action: move, to: /data/incoming/.done }',
  '{ action: move, to: /data/incoming/a/.done/b }',
  '{ action: move, to: /data/incoming-done }',
])('%s is taken', (afterCounting) => {
  expect(faultOf(afterCounting)).toBe('');
});

test.each(['/data/incoming', '/data/incoming/part', '/data', '/'])('another pipeline that reads %s keeps its files from it', (root) => {
  expect(faultOf('{ action: delete }', { more: other(root) })).toContain('another pipeline reads');
});

test('what is moved is found by no other pipeline either', () => {
  expect(faultOf('{ action: move, to: /data/other/in }', { more: other('/data/other') })).toContain('files of /data/other are listed');
  expect(faultOf('{ action: move, to: /data/third }', { more: other('/data/other') })).toBe('');
});

describe('of a bucket', () => {
  const source = (more: string, name = 'usage') => `  - name: ${name}\n    source: { kind: s3, id: ${name}, bucket: bills, ${more} }\n`;
  const faultOfBucket = (more: string, rest = '') => {
    try {
      parseConfig(`pipelines:\n${source(more)}${rest}`, PATH);
      return '';
    } catch (error) {
      return (error as TallylineFailure).fact;
    }
  };

  test('what is said stays as it is', () => {
    const { pipelines } = parseConfig(`pipelines:\n${source('prefix: in/, afterCounting: { action: move, to: counted/ }')}`, PATH);
    expect(toAfterCounting(pipelines[0]!)?.action).toEqual({ kind: 'move', to: 'counted/' });
    expect(toSourceOptions(pipelines[0]!)).toMatchObject({ keysAreUnique: false, prefix: 'in/' });
  });

  test.each([
    ['afterCounting: { action: tag, tags: { counted: "yes" } }', ''],
    ['prefix: in/, afterCounting: { action: move, to: counted/ }', ''],
    ['exclude: ["counted/**"], afterCounting: { action: move, to: counted/ }', ''],
    ['afterCounting: { action: tag }', '`tag` sets them'],
    ['afterCounting: { action: delete, to: counted/ }', 'has no meaning with this `action`'],
    ['afterCounting: { action: move, to: counted/ }', 'keys of usage are listed'],
    ['exclude: ["counted/**"], afterCounting: { action: move, to: counted }', 'keys of usage are listed'],
    ['exclude: ["c*/**"], afterCounting: { action: move, to: counted/ }', 'keys of usage are listed'],
    ['prefix: in/, afterCounting: { action: move, to: in/counted/ }', 'keys of usage are listed'],
    ['prefix: in/, afterCounting: { action: move, to: i }', ''],
  ])('%s: %s', (more, fault) => {
    const found = faultOfBucket(more);
    if (fault === '') expect(found).toBe('');
    else expect(found).toContain(fault);
  });

  test('an older version of a key that comes to light must not be taken for a newer one', () => {
    const superseding = '    policies: { changedFile: supersede }\n';
    const more = 'prefix: in/, afterCounting: { action: delete }';
    expect(faultOfBucket(more, superseding)).toContain('unless `keysAreUnique`');
    expect(faultOfBucket(`${more}, keysAreUnique: true`, superseding)).toBe('');
    expect(faultOfBucket('afterCounting: { action: tag, tags: { a: b } }', superseding)).toBe('');
  });

  test('another pipeline keeps its keys, and finds none that were moved', () => {
    const more = 'prefix: in/, afterCounting: { action: move, to: counted/ }';
    expect(faultOfBucket(more, source('prefix: in/part/', 'other'))).toContain('another pipeline reads the same keys (other)');
    expect(faultOfBucket(more, source('prefix: counted/', 'other'))).toContain('keys of other are listed');
    expect(faultOfBucket(more, source('prefix: elsewhere/', 'other'))).toBe('');
  });
});
