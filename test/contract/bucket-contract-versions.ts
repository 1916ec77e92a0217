/** Buckets with versions: what is the latest one, and what an older one still gives. */
import type { ObjectVersion } from '../../src/buckets/bucket';
import { bucketFailure, listAll, listKeys, putAll, readAll, versionOf, type PrepareBucket } from './bucket-driver';

export function versionContract(prepare: PrepareBucket): void {
  test('a bucket says whether it makes versions', async () => {
    const { bucket, setVersioning } = await prepare('none');
    expect(await bucket.versioning()).toBe('none');
    await setVersioning('enabled');
    expect(await bucket.versioning()).toBe('enabled');
    await setVersioning('suspended');
    expect(await bucket.versioning()).toBe('suspended');
  });

  test('of more versions than a page holds the latest is listed, once, and what follows it too', async () => {
    const prepared = await prepare('enabled');
    const { bucket, pageKeys } = prepared;
    const latest: ObjectVersion[] = [];
    for (const [key, versions] of [
      ['a', 1],
      ['b', 3 * pageKeys + 1],
      ['c', pageKeys],
      ['d', 2 * pageKeys],
      ['e', 1],
    ] as const) {
      // prettier-ignore
      for (let version = 1; version < versions; version++) await bucket.put(key, Buffer.from(`${key} ${version}`));
      latest.push(await bucket.put(key, Buffer.from(`${key} latest`)));
    }
    expect((await listAll(prepared)).map(versionOf)).toEqual(latest);
    const rest = await Promise.all(latest.map(({ key }) => listKeys(prepared, { after: key })));
    expect(rest).toEqual([['b', 'c', 'd', 'e'], ['c', 'd', 'e'], ['d', 'e'], ['e'], []]);
    expect((await listAll(prepared, { prefix: 'd' })).map(versionOf)).toEqual([latest[3]]);
  });

  test('a key whose latest version is a delete marker is not listed, however many of them there are', async () => {
    const prepared = await prepare('enabled');
    const { bucket, pageKeys } = prepared;
    const removed = Array.from({ length: 3 * pageKeys }, (_, index) => `b${String(index).padStart(4, '0')}`);
    await putAll(bucket, ['a', ...removed, 'c']);
    for (const key of removed) await bucket.remove({ key, versionId: '' });
    expect(await listKeys(prepared)).toEqual(['a', 'c']);
    expect(await listKeys(prepared, { prefix: 'b' })).toEqual([]);
    expect(await bucket.head(removed[0]!)).toBeNull();
    const again = await bucket.put(removed[pageKeys]!, Buffer.from('again'));
    expect((await listAll(prepared, { prefix: 'b' })).map(versionOf)).toEqual([again]);
  });

  test('one version is removed alone, and the one before it is the latest again', async () => {
    const prepared = await prepare('enabled');
    const { bucket } = prepared;
    const first = await bucket.put('a', Buffer.from('first'));
    const second = await bucket.put('a', Buffer.from('second'));
    const third = await bucket.put('a', Buffer.from('third'));
    for (let times = 0; times < 2; times++) await bucket.remove(second);
    expect([String(await readAll(bucket, first)), await bucket.headVersion(second)]).toEqual(['first', null]);
    expect(versionOf((await bucket.head('a'))!)).toEqual(third);
    await bucket.remove(third);
    expect((await listAll(prepared)).map(versionOf)).toEqual([first]);
    expect(versionOf((await bucket.head('a'))!)).toEqual(first);
    await expect(readAll(bucket, third)).rejects.toEqual(bucketFailure('missing'));
  });

  test('tags belong to the version that they were set on', async () => {
    const { bucket, tagsOf } = await prepare('enabled');
    const first = await bucket.put('a', Buffer.from('first'));
    const second = await bucket.put('a', Buffer.from('second'));
    await bucket.tag(first, { state: 'counted' });
    expect([await tagsOf(first), await tagsOf(second)]).toEqual([{ state: 'counted' }, {}]);
  });

  test('the same bytes put again are a version of their own', async () => {
    const { bucket } = await prepare('enabled');
    const [first, second] = [await bucket.put('a', Buffer.from('same')), await bucket.put('a', Buffer.from('same'))];
    expect([second.etag === first.etag, second.versionId === first.versionId]).toEqual([true, false]);
  });

  test('an object from before versioning has no version id, and never gives the bytes of a later one', async () => {
    const prepared = await prepare('none');
    const { bucket, setVersioning } = prepared;
    const before = await bucket.put('a', Buffer.from('before'));
    await setVersioning('enabled');
    expect((await listAll(prepared, { versions: true })).map(versionOf)).toEqual([before]);
    expect(versionOf((await bucket.head('a'))!)).toEqual(before);
    expect(String(await readAll(bucket, before))).toBe('before');
    const later = await bucket.put('a', Buffer.from('later'));
    expect((await listAll(prepared, { versions: true })).map(versionOf)).toEqual([later]);
    const read = await readAll(bucket, before).then(String, (error: unknown) => error);
    if (read !== 'before') expect(read).toEqual(bucketFailure('mismatch'));
  });

  test('where versioning is suspended a put replaces what has no version id, and keeps what has', async () => {
    const prepared = await prepare('enabled');
    const { bucket, setVersioning } = prepared;
    const kept = await bucket.put('a', Buffer.from('kept'));
    await setVersioning('suspended');
    const replaced = await bucket.put('a', Buffer.from('replaced'));
    const latest = await bucket.put('a', Buffer.from('latest'));
    expect([replaced.versionId, latest.versionId]).toEqual(['', '']);
    expect((await listAll(prepared)).map(versionOf)).toEqual([latest]);
    expect([String(await readAll(bucket, kept)), String(await readAll(bucket, latest))]).toEqual(['kept', 'latest']);
    await expect(readAll(bucket, replaced)).rejects.toEqual(bucketFailure('mismatch'));
    await bucket.remove({ key: 'a', versionId: '' });
    expect([await bucket.head('a'), String(await readAll(bucket, kept))]).toEqual([null, 'kept']);
  });
}
