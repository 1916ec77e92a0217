/** The contract of sources over a bucket in memory, and what only a bucket has. The same over a real Ceph: test/integration/bucket-*. */
import { objectGeneration, parseObjectGeneration } from '../../src/sources/object-generation';
import { BucketSource } from '../../src/sources/bucket-source';
import type { BucketSourceOptions } from '../../src/sources/source-options';
import { MemoryBucket } from '../helpers/memory-bucket';
import { failure, listAll, readAll, sourceContract } from './source-contract';

const OPTIONS: BucketSourceOptions = {
  kind: 's3',
  sourceId: 'in',
  bucket: 'in',
  region: 'us-east-1',
  pathStyle: true,
  requests: 8,
  prefix: '',
  include: ['**/*'],
  exclude: [],
  keysAreUnique: false,
};
/** What is away is not asked again. */
const TIMING = { answerMsMax: 100, silenceMsMax: 100, slowMsMax: 100, patienceMs: 0 };

function prepareBucket(change: Partial<BucketSourceOptions> = {}, bucket = new MemoryBucket({ pageKeys: 5 })) {
  const source = new BucketSource({ ...OPTIONS, ...change }, bucket, TIMING);
  const put = async (key: string, content: Uint8Array | string = '1 1\n'): Promise<void> => {
    await bucket.put(key, Buffer.from(content));
  };
  const remove = (key: string) => bucket.remove({ key, versionId: '' });
  const keys = async () => (await listAll(source)).map(({ sourceKey }) => sourceKey);
  return { bucket, source, put, remove, keys };
}

sourceContract('bucket', ['', 'a\\x00b', '\\xff', 'x'.repeat(1025)], async () => {
  const { bucket, ...prepared } = prepareBucket();
  return { ...prepared, loseRoot: async () => void (bucket.fault = 'away') };
});

describe('what is listed of a bucket', () => {
  test('keys that no path could have, in the order of their bytes, each under a name that finds it again', async () => {
    const { source, put, keys } = prepareBucket({ include: ['**/*', '**/.*', '.*/**', '**'] });
    const odd = [' lead', 'a//b', '//', '/lead', 'end/', 'a\nb', 'back\\slash', '\u{1F600}', '\uFFFD', 'a+b %2F?&', 'x'.repeat(1024)];
    for (const key of odd) await put(key);
    expect(await keys()).toHaveLength(odd.length);
    for (const file of await listAll(source)) expect(await source.look(file.sourceKey)).toEqual(file);
    expect((await keys()).at(-1)).toBe('\u{1F600}');
  });

  test('what begins with a dot is left out unless a glob has the dot, as of a directory', async () => {
    const { put, keys } = prepareBucket();
    for (const key of ['a', '.hidden', 'd/.hidden', '../up', '.d/a']) await put(key);
    // A segment of dots alone is no hidden name: a key may have one.
    expect(await keys()).toEqual(['../up', 'a']);
  });

  test('only what begins with the prefix, and what the globs choose of it', async () => {
    const { put, keys } = prepareBucket({ prefix: 'in/', include: ['in/**/*.txt'], exclude: ['**/skip/**'] });
    for (const key of ['in/a.txt', 'in/b.csv', 'in/skip/c.txt', 'input.txt', 'in/d/e.txt']) await put(key);
    expect(await keys()).toEqual(['in/a.txt', 'in/d/e.txt']);
  });

  test('an empty object that stands for a folder is none; with content it is one', async () => {
    const { put, keys } = prepareBucket();
    await put('folder/', '');
    await put('file/', '1 1\n');
    expect(await keys()).toEqual(['file/']);
  });

  test('done markers and manifests mark their file, on whatever page they lie, and are not listed', async () => {
    const { source, put } = prepareBucket({ doneMarker: '~done', manifestSuffix: '.json' });
    // More keys lie between a file and its marker than a page holds.
    await put('a');
    for (let index = 0; index < 12; index++) await put(`a${index}`);
    await put('a.json', '{}');
    await put('a~done', '');
    const files = await listAll(source);
    expect(files).toHaveLength(13);
    expect(files[0]).toMatchObject({ sourceKey: 'a', isMarkedDone: true, manifest: { sourceKey: 'a.json' } });
    expect(files.slice(1).every(({ isMarkedDone, manifest }) => !isMarkedDone && manifest === undefined)).toBe(true);
    expect(await source.look('a')).toEqual(files[0]);
  });

  test('each page tells what requests it cost', async () => {
    const { source, put } = prepareBucket();
    for (let index = 0; index < 12; index++) await put(`f${String(index).padStart(2, '0')}`);
    let requests = 0;
    for await (const page of source.list({ pageFiles: 1000 })) requests += page.requests;
    expect(requests).toBe(3);
  });
});

describe('where the bucket has versions', () => {
  const versioned = (change: Partial<BucketSourceOptions> = {}) =>
    prepareBucket(change, new MemoryBucket({ versioning: 'enabled', pageKeys: 3 }));

  test('the latest is listed, however many there are, and none where it is a delete marker', async () => {
    const { source, put, remove, keys } = versioned();
    for (let times = 0; times < 10; times++) await put('a', `1 ${times}\n`);
    for (const key of ['b', 'c']) await put(key);
    await remove('b');
    expect(await keys()).toEqual(['a', 'c']);
    expect(await readAll(source, (await listAll(source))[0]!)).toEqual(Buffer.from('1 9\n'));
  });

  test('the same bytes written again are another generation', async () => {
    const { source, put } = versioned();
    await put('a');
    const first = await source.look('a');
    await put('a');
    expect((await source.look('a'))?.generation).not.toBe(first?.generation);
  });

  test('a version that was overwritten, or hidden by a delete marker, is read and verified to its end', async () => {
    const { source, put, remove } = versioned();
    await put('a', '1 1\n');
    const [listed] = await listAll(source);
    await put('a', '2 2\n');
    await remove('a');
    expect(await readAll(source, listed!)).toEqual(Buffer.from('1 1\n'));
  });

  test('a version that was removed for good has changed, or vanished where nothing else is there', async () => {
    const { bucket, source, put } = versioned();
    await put('a', '1 1\n');
    const [listed] = await listAll(source);
    await put('a', '2 2\n');
    await bucket.remove({ key: 'a', ...parseObjectGeneration(listed!.generation)! });
    await expect(source.open(listed!)).rejects.toEqual(failure('changed'));
    const [second] = await listAll(source);
    await bucket.remove({ key: 'a', ...parseObjectGeneration(second!.generation)! });
    await expect(source.open(second!)).rejects.toEqual(failure('vanished'));
  });

  test('what was written before versioning keeps its generation when it begins', async () => {
    const { bucket, source, put } = prepareBucket();
    await put('a');
    const before = await source.look('a');
    bucket.versioningState = 'enabled';
    expect(await source.look('a')).toEqual(before);
    expect(await listAll(source)).toEqual([before]);
  });
});

test.each(['no_bucket', 'away', 'denied', 'refused'] as const)('a bucket that answers "%s" is an outage', async (fault) => {
  const { bucket, source, put } = prepareBucket();
  await put('a');
  bucket.fault = fault;
  await expect(source.probe()).rejects.toEqual(failure('source_unavailable'));
  await expect(listAll(source)).rejects.toEqual(failure('source_unavailable'));
  await expect(source.look('a')).rejects.toEqual(failure('source_unavailable'));
});

test('a bucket without its marker is not the one that was meant', async () => {
  const { source, put, keys } = prepareBucket({ rootMarker: 'marker' });
  await put('a');
  await expect(source.probe()).rejects.toEqual(failure('source_unavailable'));
  await put('marker', '');
  await source.probe();
  expect(await keys()).toEqual(['a']);
});

test('a generation is text that gives the version back, whatever is in it', () => {
  for (const version of [
    { sizeBytes: 0, etag: 'd41d8cd98f00b204e9800998ecf8427e', versionId: '' },
    { sizeBytes: 2 ** 53 - 1, etag: 'a-12', versionId: 'null:%:ü' },
  ]) {
    expect(parseObjectGeneration(objectGeneration(version))).toEqual(version);
  }
  expect(parseObjectGeneration('dir:1:2:3')).toBeNull();
});
