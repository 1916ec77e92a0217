import type { Bucket, FoundObject } from './bucket';

/** Null when nothing is under this key. Throws BucketFailure, also for a bucket that is gone: it answers as if only the object were. */
export async function readKey(bucket: Bucket, key: string): Promise<Uint8Array | null> {
  const object = await bucket.head(key);
  if (object !== null) return await readObject(bucket, object);
  await bucket.list({ prefix: key, after: '', versions: false });
  return null;
}

/** All bytes of exactly this version. Throws BucketFailure. */
async function readObject(bucket: Bucket, object: FoundObject): Promise<Uint8Array> {
  const content = Buffer.alloc(object.sizeBytes);
  if (object.sizeBytes === 0) return content;
  const { signal } = new AbortController();
  let offset = 0;
  for await (const chunk of bucket.read(object, { offset: 0, length: object.sizeBytes, signal })) {
    content.set(chunk, offset);
    offset += chunk.length;
  }
  return content;
}
