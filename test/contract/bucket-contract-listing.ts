/** Listings of a bucket: every key once, in the order of bytes, from any key on. */
import { compareKeys } from '../helpers/key-order';
import { listAll, listKeys, putAll, type PreparedBucket } from './bucket-driver';
import { ODD_KEYS } from './bucket-keys';

export function listingContract(prepare: () => Promise<PreparedBucket>): void {
  test('an empty bucket has one page without objects', async () => {
    const { bucket, versioning } = await prepare();
    const page = await bucket.list({ prefix: '', after: '', versions: versioning === 'enabled' });
    expect(page).toEqual({ objects: [], nextAfter: null, requests: 1 });
  });

  test('keys come in the order of their bytes, which is not that of strings', async () => {
    const prepared = await prepare();
    const keys = ['B', 'a', 'a-b', 'a/b', 'a0', 'ab', '\u007f', '\u00e9', '\uff5e', '\u{1f9ee}'];
    expect([...keys].sort()).not.toEqual(keys);
    await putAll(prepared.bucket, [...keys].reverse());
    expect(await listKeys(prepared)).toEqual(keys);
  });

  test('odd keys are listed as they were given, and a listing goes on after each of them', async () => {
    const prepared = await prepare();
    const keys = Object.values(ODD_KEYS).sort(compareKeys);
    await putAll(prepared.bucket, keys);
    expect(await listKeys(prepared)).toEqual(keys);
    const { bucket, versioning } = prepared;
    const pages = await Promise.all(keys.map((after) => bucket.list({ prefix: '', after, versions: versioning === 'enabled' })));
    const found = pages.map(({ objects }) => objects.map(({ key }) => key));
    // How full a page is may depend on the versions of the key that it goes on after.
    expect(found).toEqual(found.map(({ length }, index) => keys.slice(index + 1, index + 1 + length)));
    expect(found.map(({ length }) => length > 0)).toEqual(keys.map((_, index) => index + 1 < keys.length));
  });

  test('a listing goes on after keys that are not there', async () => {
    const prepared = await prepare();
    await putAll(prepared.bucket, ['b', 'd', 'f']);
    const rest = await Promise.all(['a', 'b', 'c', 'd/', 'e\u{10ffff}', 'f', 'g'].map((after) => listKeys(prepared, { after })));
    expect(rest).toEqual([['b', 'd', 'f'], ['d', 'f'], ['d', 'f'], ['f'], ['f'], [], []]);
  });

  test('pages are full, and the last one says so, whether full or not', async () => {
    const prepared = await prepare();
    const { bucket, versioning, pageKeys } = prepared;
    const sizes: number[][] = [];
    for (const more of [pageKeys - 1, 1, 1]) {
      const known = await listKeys(prepared);
      await putAll(
        bucket,
        Array.from({ length: more }, (_, index) => `k${String(known.length + index).padStart(6, '0')}`),
      );
      const pages: number[] = [];
      for (let after: string | null = ''; after !== null;) {
        const page = await bucket.list({ prefix: '', after, versions: versioning === 'enabled' });
        pages.push(page.objects.length);
        after = page.nextAfter;
      }
      sizes.push(pages);
    }
    expect(sizes).toEqual([[pageKeys - 1], [pageKeys], [pageKeys, 1]]);
  });

  test('a prefix is any text, and neither more nor less than what begins with it is listed', async () => {
    const prepared = await prepare();
    const keys = ['a', 'a b/1', 'a b/2', 'a b0', 'a+b/1', 'a%20b/1', '\u00e9/1', '\u00e9/2', '\u{1f9ee}'];
    await putAll(prepared.bucket, keys);
    for (const prefix of ['a b/', 'a', 'a+', 'a%20', '\u00e9/', '\u{1f9ee}', 'b']) {
      const expected = keys.filter((key) => key.startsWith(prefix)).sort(compareKeys);
      expect(await listKeys(prepared, { prefix })).toEqual(expected);
    }
    expect(await listKeys(prepared, { prefix: '\u00e9/', after: 'a' })).toEqual(['\u00e9/1', '\u00e9/2']);
    expect(await listKeys(prepared, { prefix: '\u00e9/', after: '\u00e9/1' })).toEqual(['\u00e9/2']);
    expect(await listKeys(prepared, { prefix: 'a b/', after: 'b' })).toEqual([]);
  });

  test('what was removed, overwritten or put since is seen at once', async () => {
    const prepared = await prepare();
    const { bucket } = prepared;
    await putAll(bucket, ['a', 'b', 'c']);
    await bucket.remove({ key: 'b', versionId: '' });
    const put = await bucket.put('a', Buffer.from('another'));
    await bucket.put('aa', Buffer.from('new'));
    const objects = await listAll(prepared);
    expect(objects.map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual([
      ['a', 7],
      ['aa', 3],
      ['c', 4],
    ]);
    expect(objects[0]).toMatchObject(put);
  });

  test('objects are listed latest version alone also where no versions are asked for', async () => {
    const prepared = await prepare();
    const { bucket } = prepared;
    await putAll(bucket, ['a', 'b', 'c']);
    const { etag } = await bucket.put('a', Buffer.from('another'));
    await bucket.remove({ key: 'b', versionId: '' });
    const objects = await listAll(prepared, { versions: false });
    expect(objects.map((object) => [object.key, object.versionId])).toEqual([
      ['a', ''],
      ['c', ''],
    ]);
    expect(objects[0]?.etag).toBe(etag);
  });
}
