/** A bucket in memory, as a real one behaves: for tests of what stands on buckets. Cheap enough for a million keys. */
import { createHash } from 'node:crypto';
import {
  BucketFailure,
  type Bucket,
  type BucketFault,
  type FoundObject,
  type ListRequest,
  type ObjectPage,
  type ObjectVersion,
  type ReadRequest,
} from '../../src/buckets/bucket';
import { compareKeys, firstWhere } from './key-order';

export interface MemoryBucketOptions {
  readonly versioning?: 'none' | 'enabled' | 'suspended';
  /** Keys, or versions where they are listed, that one page holds at most. */
  readonly pageKeys?: number;
}

interface StoredVersion {
  readonly versionId: string;
  readonly etag: string;
  /** Null is a delete marker. */
  readonly body: Uint8Array | null;
  readonly modifiedAtMs: number;
  tags: Readonly<Record<string, string>>;
}

type StoredObject = StoredVersion & { readonly body: Uint8Array };

const KEY_BYTES_MAX = 1024;
const CHUNK_BYTES = 64 * 1024;
/** Without these the order of strings is the order of bytes, and much faster to find. */
const BEYOND_PLAIN = /[\ud800-\uffff]/;
/** One for all: a million objects of their own would cost. */
const NO_TAGS: StoredVersion['tags'] = {};

export class MemoryBucket implements Bucket {
  readonly label = 'bucket in memory';
  /** Every call fails with it while it is there. */
  fault: BucketFault | undefined;
  versioningState: 'none' | 'enabled' | 'suspended';
  private readonly pageKeys: number;
  /** The latest one first. A key that was removed keeps an empty list, so that it stands in `keys` once. */
  private readonly versions = new Map<string, readonly StoredVersion[]>();
  private readonly keys: string[] = [];
  private isSorted = true;
  private isPlain = true;
  private written = 0;

  constructor({ versioning = 'none', pageKeys = 1000 }: MemoryBucketOptions = {}) {
    this.versioningState = versioning;
    this.pageKeys = pageKeys;
  }

  async versioning(signal?: AbortSignal): Promise<'enabled' | 'suspended' | 'none'> {
    this.begin(signal);
    return this.versioningState;
  }

  async list({ prefix, after, versions, signal }: ListRequest): Promise<ObjectPage> {
    this.begin(signal);
    const keys = this.sortedKeys();
    const objects: FoundObject[] = [];
    let entries = 0;
    let last = '';
    const afterIndex = firstWhere(keys, (key) => compareKeys(key, after) > 0);
    const prefixIndex = firstWhere(keys, (key) => compareKeys(key, prefix) >= 0);
    const start = Math.max(afterIndex, prefixIndex);
    for (let index = start; index < keys.length; index++) {
      const key = keys[index] ?? '';
      if (!key.startsWith(prefix)) break;
      const stored = this.versions.get(key) ?? [];
      const latest = stored[0];
      // Without versions a listing passes over what is deleted; with them delete markers stand in it.
      if (latest === undefined || (!versions && latest.body === null)) continue;
      if (entries >= this.pageKeys) return { objects, nextAfter: last, requests: 1 };
      entries += versions ? stored.length : 1;
      last = key;
      if (latest.body !== null) objects.push({ ...found(key, latest), ...(!versions && { versionId: '' }) });
    }
    return { objects, nextAfter: null, requests: 1 };
  }

  async head(key: string, signal?: AbortSignal): Promise<FoundObject | null> {
    return await this.headVersion({ key, versionId: '' }, signal);
  }

  async headVersion({ key, versionId }: Pick<ObjectVersion, 'key' | 'versionId'>, signal?: AbortSignal): Promise<FoundObject | null> {
    this.begin(signal);
    const stored = this.find(key, versionId);
    if (stored === undefined) return null;
    const object = found(key, stored);
    return { ...object, modifiedAtMs: Math.floor(object.modifiedAtMs / 1000) * 1000 };
  }

  async *read(object: ObjectVersion, { offset, length, signal }: ReadRequest): AsyncGenerator<Uint8Array> {
    this.begin(signal);
    const { body } = this.findPinned(object);
    if (offset >= body.length) throw new BucketFailure('mismatch', `a read at ${offset} of ${body.length} bytes`);
    if (offset + length > body.length) throw new BucketFailure('unfit', `a read of ${length} bytes at ${offset} of ${body.length}`);
    for (let at = offset; at < offset + length; at += CHUNK_BYTES) {
      this.begin(signal);
      yield body.slice(at, Math.min(at + CHUNK_BYTES, offset + length));
    }
  }

  async put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<ObjectVersion> {
    this.begin(signal);
    return this.write(key, body, md5(body));
  }

  async copy(object: ObjectVersion, toKey: string): Promise<ObjectVersion> {
    this.begin();
    const { body, tags } = this.findPinned(object);
    return this.write(toKey, body, md5(body), tags);
  }

  async remove({ key, versionId }: Pick<ObjectVersion, 'key' | 'versionId'>): Promise<void> {
    this.begin();
    if (versionId === '' && this.versioningState !== 'none') this.write(key, null, '');
    else this.store(key, without(this.stored(key), versionId));
  }

  async tag({ key, versionId }: ObjectVersion, tags: Readonly<Record<string, string>>): Promise<void> {
    this.begin();
    const stored = this.find(key, versionId);
    if (stored === undefined) throw new BucketFailure('missing', 'a tag for no object');
    stored.tags = { ...stored.tags, ...tags };
  }

  tagsOf({ key, versionId }: Pick<ObjectVersion, 'key' | 'versionId'>): Readonly<Record<string, string>> | undefined {
    return this.find(key, versionId)?.tags;
  }

  /** An object that was written in parts has another kind of ETag. */
  putInParts(key: string, parts: readonly Uint8Array[]): ObjectVersion {
    const digests = parts.map((part) => createHash('md5').update(part).digest());
    return this.write(key, Buffer.concat(parts), `${md5(Buffer.concat(digests))}-${parts.length}`);
  }

  /** Many objects of the same content. */
  fill(keys: Iterable<string>, body: Uint8Array): void {
    const etag = md5(body);
    for (const key of keys) this.write(key, body, etag);
  }

  private begin(signal?: AbortSignal): void {
    signal?.throwIfAborted();
    if (this.fault !== undefined) throw new BucketFailure(this.fault, `${this.label} was told to fail`);
  }

  private write(key: string, body: Uint8Array | null, etag: string, tags: StoredVersion['tags'] = NO_TAGS): ObjectVersion {
    if (key === '' || Buffer.byteLength(key) > KEY_BYTES_MAX) throw new BucketFailure('refused', 'a key has 1 to 1,024 bytes');
    this.written += 1;
    const versionId = this.versioningState === 'enabled' ? `version-${this.written}` : '';
    // A version without an id takes the place of the last one without.
    const kept = without(this.stored(key), versionId);
    this.store(key, [{ versionId, etag, body, modifiedAtMs: Date.now(), tags }, ...kept]);
    return { key, etag, versionId, sizeBytes: body?.length ?? 0 };
  }

  private stored(key: string): readonly StoredVersion[] {
    return this.versions.get(key) ?? [];
  }

  private store(key: string, versions: readonly StoredVersion[]): void {
    if (!this.versions.has(key)) {
      this.keys.push(key);
      this.isSorted = false;
      this.isPlain &&= !BEYOND_PLAIN.test(key);
    }
    this.versions.set(key, versions);
  }

  private find(key: string, versionId: string): StoredObject | undefined {
    const versions = this.stored(key);
    const stored = versionId === '' ? versions[0] : versions.find((version) => version.versionId === versionId);
    return stored?.body == null ? undefined : (stored as StoredObject);
  }

  private findPinned({ key, versionId, etag }: ObjectVersion): StoredObject {
    const stored = this.find(key, versionId);
    if (stored === undefined) throw new BucketFailure('missing', 'no such object');
    if (stored.etag !== etag) throw new BucketFailure('mismatch', 'another version is there');
    return stored;
  }

  /** Keys that were added since the last listing stand at the end, so that sorting again costs little. */
  private sortedKeys(): readonly string[] {
    if (!this.isSorted) this.keys.sort(this.isPlain ? undefined : compareKeys);
    this.isSorted = true;
    return this.keys;
  }
}

function found(key: string, { versionId, etag, body, modifiedAtMs }: StoredVersion): FoundObject {
  return { key, etag, versionId, sizeBytes: body?.length ?? 0, modifiedAtMs };
}

function without(versions: readonly StoredVersion[], versionId: string): StoredVersion[] {
  return versions.filter((version) => version.versionId !== versionId);
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex');
}
