import type { Bucket, FoundObject } from './bucket';

/** All bytes of exactly this version. Throws BucketFailure. */
export async function readObject(bucket: Bucket, object: FoundObject): Promise<Uint8Array> {
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
