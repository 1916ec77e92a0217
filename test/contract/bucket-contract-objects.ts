/** Single objects of a bucket: written, looked at, read, copied, tagged and removed. */
import { createHash } from 'node:crypto';
import type { Bucket, ObjectVersion } from '../../src/buckets/bucket';
import { bucketFailure, listAll, readAll, readRange, versionOf, type PreparedBucket } from './bucket-driver';
import { ODD_KEYS } from './bucket-keys';

const MIB = 1024 ** 2;
/** S3 takes no smaller part but the last one. */
const PART_BYTES = 5 * MIB;
/** Of a listing and of a look: the second is cut to whole seconds. */
const CLOCK_MS = 5000;

export function objectContract(prepare: () => Promise<PreparedBucket>): void {
  test('put gives the version that a look, a listing and a look at that version show', async () => {
    const prepared = await prepare();
    const { bucket, versioning } = prepared;
    const put = await bucket.put('a', Buffer.from('7 881\n'));
    expect(put).toEqual({ key: 'a', etag: expect.any(String) as string, versionId: put.versionId, sizeBytes: 6 });
    expect([put.etag.length > 0, put.etag.includes('"'), put.versionId !== '']).toEqual([true, false, versioning === 'enabled']);
    const head = await bucket.head('a');
    const [listed] = await listAll(prepared);
    expect(await bucket.headVersion(put)).toEqual(head);
    expect([versionOf(head!), versionOf(listed!)]).toEqual([put, put]);
    expect(Math.abs(head!.modifiedAtMs - Date.now())).toBeLessThan(CLOCK_MS);
    expect(Math.floor(listed!.modifiedAtMs / 1000)).toBe(Math.floor(head!.modifiedAtMs / 1000));
  });

  test('there is nothing where nothing was put', async () => {
    const { bucket } = await prepare();
    const nothing = { ...(await bucket.put('a', Buffer.from('1'))), key: 'b' };
    expect([await bucket.head('b'), await bucket.headVersion(nothing), await bucket.head('a/')]).toEqual([null, null, null]);
    await expect(readAll(bucket, { ...nothing, versionId: '' })).rejects.toEqual(bucketFailure('missing'));
    await expect(bucket.copy({ ...nothing, versionId: '' }, 'c')).rejects.toEqual(bucketFailure('missing'));
    await expect(bucket.tag({ ...nothing, versionId: '' }, { a: '1' })).rejects.toEqual(bucketFailure('missing'));
    await bucket.remove({ key: 'b', versionId: '' });
  });

  test('an empty object is one', async () => {
    const prepared = await prepare();
    const put = await prepared.bucket.put('empty', Buffer.alloc(0));
    expect(put.sizeBytes).toBe(0);
    expect((await listAll(prepared)).map(versionOf)).toEqual([put]);
    expect(versionOf((await prepared.bucket.head('empty'))!)).toEqual(put);
    const copied = await prepared.bucket.copy(put, 'copy');
    expect([copied.sizeBytes, copied.etag]).toEqual([0, put.etag]);
  });

  test('any range of an object is exactly those bytes', async () => {
    const { bucket } = await prepare();
    const content = digits(300_000);
    const put = await bucket.put('a', content);
    for (const [offset, length] of [
      [0, 300_000],
      [0, 1],
      [299_999, 1],
      [65_535, 2],
      [1, 299_998],
    ] as const)
      // prettier-ignore
      expect((await readRange(bucket, put, offset, length)).equals(content.subarray(offset, offset + length))).toBe(true);
  });

  test('a range beyond the end fails, and gives nothing that is not there', async () => {
    const { bucket } = await prepare();
    const put = await bucket.put('a', Buffer.from('7 881\n'));
    for (const [offset, length] of [
      [0, 7],
      [5, 2],
      [6, 1],
      [100, 1],
    ] as const)
      // prettier-ignore
      await expect(readRange(bucket, put, offset, length)).rejects.toEqual(bucketFailure('unfit', 'mismatch'));
  });

  test('every odd key can be looked at, read, copied, tagged and removed, and is taken for no other', async () => {
    const prepared = await prepare();
    const keys = Object.values(ODD_KEYS);
    const put = await Promise.all(keys.map((key) => prepared.bucket.put(key, Buffer.from(`of ${key}`))));
    expect(await Promise.all(put.map((object) => fateOf(prepared, object)))).toEqual(keys.map((key) => `of ${key}`));
    expect(await Promise.all(keys.map((key) => prepared.bucket.head(key)))).toEqual(keys.map(() => null));
    expect((await listAll(prepared)).length).toBe(keys.length);
  });

  test('a key of 1,025 bytes is refused', async () => {
    const { bucket } = await prepare();
    await expect(bucket.put('k'.repeat(1025), Buffer.from('1'))).rejects.toEqual(bucketFailure('refused'));
  });

  test('what is read is pinned: of another content, or of one that is gone, nothing comes', async () => {
    const { bucket, versioning } = await prepare();
    const first = await bucket.put('a', Buffer.from('7 881\n'));
    await bucket.put('a', Buffer.from('7 882\n'));
    const readFirst = () => readAll(bucket, first).then(String, (error: unknown) => error);
    expect(await readFirst()).toEqual(versioning === 'enabled' ? '7 881\n' : bucketFailure('mismatch'));
    await bucket.remove({ key: 'a', versionId: '' });
    expect(await readFirst()).toEqual(versioning === 'enabled' ? '7 881\n' : bucketFailure('missing'));
    await bucket.remove(first);
    expect(await readFirst()).toEqual(bucketFailure('missing'));
  });

  test('what is copied is pinned in the same way', async () => {
    const { bucket, versioning } = await prepare();
    const first = await bucket.put('a', Buffer.from('7 881\n'));
    await bucket.put('a', Buffer.from('7 882\n'));
    if (versioning === 'enabled') {
      const copy = await bucket.copy(first, 'copy');
      expect(copy).toMatchObject({ key: 'copy', etag: first.etag, sizeBytes: 6 });
      expect(versionOf((await bucket.head('copy'))!)).toEqual(copy);
      expect(String(await readAll(bucket, copy))).toBe('7 881\n');
    } else await expect(bucket.copy(first, 'copy')).rejects.toEqual(bucketFailure('mismatch'));
    await bucket.remove(first);
    await bucket.remove({ key: 'a', versionId: '' });
    await expect(bucket.copy(first, 'other')).rejects.toEqual(bucketFailure('missing'));
    expect(await bucket.head('other')).toBeNull();
  });

  test('a body that is being read is not mixed with what is put meanwhile', async () => {
    const { bucket } = await prepare();
    const put = await bucket.put('a', Buffer.alloc(8 * MIB, '1'));
    const seen = new Set<number>();
    let readBytes = 0;
    try {
      for await (const chunk of bucket.read(put, { offset: 0, length: put.sizeBytes, signal: new AbortController().signal })) {
        if (readBytes === 0) await bucket.put('a', Buffer.alloc(8 * MIB, '2'));
        for (const byte of new Set(chunk)) seen.add(byte);
        readBytes += chunk.length;
      }
      expect(readBytes).toBe(put.sizeBytes);
    } catch (error) {
      expect(error).toEqual(bucketFailure('away', 'mismatch'));
    }
    expect([...seen]).toEqual(['1'.charCodeAt(0)]);
  });

  test('a read that is given up ends', async () => {
    const { bucket } = await prepare();
    const put = await bucket.put('a', Buffer.alloc(8 * MIB, '1'));
    const controller = new AbortController();
    let readBytes = 0;
    const reading = (async () => {
      for await (const chunk of bucket.read(put, { offset: 0, length: put.sizeBytes, signal: controller.signal })) {
        readBytes += chunk.length;
        controller.abort(new Error('given up'));
      }
    })();
    await expect(reading).rejects.toThrow('given up');
    expect(readBytes).toBeLessThan(put.sizeBytes);
    await expect(bucket.head('a', controller.signal)).rejects.toThrow('given up');
    await expect(bucket.list({ prefix: '', after: '', versions: false, signal: controller.signal })).rejects.toThrow('given up');
  });

  test('a removal can be repeated', async () => {
    const prepared = await prepare();
    const { bucket } = prepared;
    const put = await bucket.put('a', Buffer.from('1'));
    for (let times = 0; times < 2; times++) await bucket.remove(put);
    for (let times = 0; times < 2; times++) await bucket.remove({ key: 'a', versionId: '' });
    expect([await bucket.head('a'), await listAll(prepared)]).toEqual([null, []]);
  });

  test('tags are set beside those that are there', async () => {
    const { bucket, tagsOf } = await prepare();
    const put = await bucket.put('a', Buffer.from('1'));
    await bucket.tag(put, { owner: 'billing & co', state: 'new' });
    await bucket.tag(put, { state: 'counted' });
    expect(await tagsOf(put)).toEqual({ owner: 'billing & co', state: 'counted' });
    expect(versionOf((await bucket.head('a'))!)).toEqual(put);
  });

  test('an object that was put in parts is like any other, with another kind of ETag', async () => {
    const prepared = await prepare();
    const { bucket } = prepared;
    const parts = [digits(PART_BYTES), Buffer.from('7 881\n')];
    await prepared.putInParts('a', parts);
    const found = (await bucket.head('a'))!;
    expect([found.etag, found.sizeBytes]).toEqual([expect.stringMatching(/^[0-9a-f]+-2$/), PART_BYTES + 6]);
    expect((await listAll(prepared)).map(versionOf)).toEqual([versionOf(found)]);
    const read = await readRange(bucket, found, PART_BYTES - 3, 9);
    expect(read.equals(Buffer.concat(parts).subarray(PART_BYTES - 3))).toBe(true);
    const copy = await bucket.copy(found, 'copy');
    expect(versionOf((await bucket.head('copy'))!)).toEqual(copy);
    await expect(readRange(bucket, { ...found, etag: copy.etag.replace(/.$/, 'x') }, 0, 1)).rejects.toEqual(bucketFailure('mismatch'));
  });
}

/** Copies, tags and removes the object, and gives what was read of it, of its copy too. */
async function fateOf({ bucket, tagsOf }: PreparedBucket, object: ObjectVersion): Promise<string> {
  const { key } = object;
  expect(versionOf((await bucket.head(key))!)).toEqual(object);
  await bucket.tag(object, { of: 'it' });
  expect(await tagsOf(object)).toEqual({ of: 'it' });
  const content = String(await readAll(bucket, object));
  const copy = await bucket.copy(object, `copies of ${createHash('md5').update(key).digest('hex')}`);
  expect(await copiedContent(bucket, copy)).toBe(content);
  await bucket.remove({ key, versionId: '' });
  return content;
}

async function copiedContent(bucket: Bucket, copy: ObjectVersion): Promise<string> {
  return String(await readAll(bucket, copy));
}

/** No two neighbouring stretches of it are the same. */
function digits(sizeBytes: number): Buffer {
  return Buffer.from(Array.from({ length: Math.ceil(sizeBytes / 8) }, (_, index) => String(index).padStart(8, '0')).join('')).subarray(
    0,
    sizeBytes,
  );
}
