/** What the contract of buckets needs of one, and short ways to ask it. */
import type { Bucket, BucketFault, FoundObject, ListRequest, ObjectVersion } from '../../src/buckets/bucket';
import { compareKeys } from '../helpers/key-order';

export type Versioning = 'none' | 'enabled';

export interface PreparedBucket {
  readonly bucket: Bucket;
  readonly versioning: Versioning;
  /** Keys, or versions where they are listed, that one page holds at most. */
  readonly pageKeys: number;
  setVersioning(state: 'enabled' | 'suspended'): Promise<void>;
  /** Writes an object in parts; all but the last one must have 5 MiB. */
  putInParts(key: string, parts: readonly Uint8Array[]): Promise<void>;
  tagsOf(object: ObjectVersion): Promise<Readonly<Record<string, string>>>;
  /** The same bucket, asked in a way that must fail so. */
  broken(fault: BrokenFault): Bucket;
  /** What no message may hold. */
  readonly secret: string;
}

export type BrokenFault = Extract<BucketFault, 'denied' | 'away' | 'no_bucket'>;
export type PrepareBucket = (versioning: Versioning) => Promise<PreparedBucket>;

const PAGES_MAX = 1000;

/** Every object, page by page, each page after the last key of the one before. */
export async function listAll(prepared: PreparedBucket, request: Partial<ListRequest> = {}): Promise<FoundObject[]> {
  const objects: FoundObject[] = [];
  let { after = '' } = request;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await prepared.bucket.list({ prefix: '', versions: prepared.versioning === 'enabled', ...request, after });
    expect(page.objects.length).toBeLessThanOrEqual(prepared.pageKeys);
    expect(page.requests).toBeGreaterThan(0);
    objects.push(...page.objects);
    if (page.nextAfter === null) return objects;
    expect(compareKeys(page.nextAfter, page.objects.at(-1)?.key ?? after)).toBeGreaterThanOrEqual(0);
    expect(compareKeys(page.nextAfter, after)).toBeGreaterThan(0);
    after = page.nextAfter;
  }
  throw new Error('a listing does not end');
}

export async function listKeys(prepared: PreparedBucket, request: Partial<ListRequest> = {}): Promise<string[]> {
  return (await listAll(prepared, request)).map(({ key }) => key);
}

export async function putAll(bucket: Bucket, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => bucket.put(key, Buffer.from(`of ${key}`))));
}

/** A version without what a look tells beside it. */
export function versionOf({ key, etag, versionId, sizeBytes }: ObjectVersion): ObjectVersion {
  return { key, etag, versionId, sizeBytes };
}

export async function readRange(bucket: Bucket, object: ObjectVersion, offset: number, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bucket.read(object, { offset, length, signal: new AbortController().signal })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function readAll(bucket: Bucket, object: ObjectVersion): Promise<Buffer> {
  return await readRange(bucket, object, 0, object.sizeBytes);
}

export function bucketFailure(...faults: BucketFault[]): unknown {
  return expect.objectContaining({ name: 'BucketFailure', fault: expect.stringMatching(`^(${faults.join('|')})$`) as string });
}
