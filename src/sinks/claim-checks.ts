/**
 * Partials and checkpoints in a bucket, under addresses that hold what they belong to and the digest of their content: immutable, so
 * that writing one twice is harmless, and checked whenever one is read. The database holds a claim in their place.
 */
import { BucketFailure, type Bucket, type FoundObject } from '../buckets/bucket';
import type { BucketOptions } from '../buckets/bucket-options';
import { readKey } from '../buckets/read-object';
import { TallylineFailure } from '../core/failures';
import { CLAIM_CACHE_BYTES_MAX } from '../core/limits';
import { sha256Hex } from './content-digest';
import type { PartialAddress } from './sink';

export interface ClaimCheckOptions extends BucketOptions {
  /** All of them lie below it. */
  readonly prefix: string;
}

export interface ClaimAddress extends PartialAddress {
  /** sha256 of the blob, hex. */
  readonly digest: string;
}

/** No partial and no checkpoint begins like this. */
const CLAIM = Buffer.from('claim:1');
const ADDRESS = /^([0-9a-f]{32})\/(\d{1,10})\/([0-9a-f]{64})\/(\d{1,3})\/([0-9a-f]{64})$/;

export function isClaim(blob: Uint8Array): boolean {
  return CLAIM.equals(blob);
}

export class ClaimChecks {
  /** What was written or read last; most is read again soon, by the process that wrote it. */
  private readonly cache = new Map<string, Uint8Array>();
  private cachedBytes = 0;

  constructor(
    private readonly bucket: Bucket,
    private readonly prefix: string,
  ) {}

  /** What stands in the database for any of them. */
  get claim(): Uint8Array {
    return CLAIM;
  }

  nameOf({ fileId, version, planDigest, splitIndex, digest }: ClaimAddress): string {
    return `${fileId}/${String(version)}/${planDigest}/${String(splitIndex)}/${digest}`;
  }

  /** Throws sink_unavailable. */
  async store(address: ClaimAddress, blob: Uint8Array): Promise<void> {
    const name = this.nameOf(address);
    await this.asked(this.bucket.put(this.prefix + name, blob));
    this.remember(name, blob);
  }

  /** Null when it is not there, or is not what its address says. Throws sink_unavailable. */
  async fetch(address: ClaimAddress): Promise<Uint8Array | null> {
    const name = this.nameOf(address);
    const cached = this.cache.get(name);
    if (cached !== undefined) return cached;
    const blob = await this.asked(readKey(this.bucket, this.prefix + name));
    if (blob === null || sha256Hex(blob) !== address.digest) return null;
    this.remember(name, blob);
    return blob;
  }

  /** One page of what lies there, in the order of addresses. */
  async page(after: string): Promise<{ readonly objects: readonly FoundObject[]; readonly nextAfter: string | null }> {
    return await this.asked(this.bucket.list({ prefix: this.prefix, after, versions: false }));
  }

  /** Null for what somebody else put there, which is left alone. */
  addressOf({ key }: FoundObject): ClaimAddress | null {
    const [, fileId, version, planDigest, splitIndex, digest] = ADDRESS.exec(key.slice(this.prefix.length)) ?? [];
    if (fileId === undefined || planDigest === undefined || digest === undefined) return null;
    return { fileId, version: Number(version), planDigest, splitIndex: Number(splitIndex), digest };
  }

  async remove({ key }: FoundObject): Promise<void> {
    await this.asked(this.bucket.remove({ key, versionId: '' }));
  }

  private remember(name: string, blob: Uint8Array): void {
    if (blob.length > CLAIM_CACHE_BYTES_MAX || this.cache.has(name)) return;
    this.cache.set(name, blob);
    this.cachedBytes += blob.length;
    for (const [oldest, { length }] of this.cache) {
      if (this.cachedBytes <= CLAIM_CACHE_BYTES_MAX) return;
      this.cache.delete(oldest);
      this.cachedBytes -= length;
    }
  }

  private async asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof BucketFailure)) throw error;
      throw new TallylineFailure('sink_unavailable', `claim checks in ${this.bucket.label}: ${error.fact}`, { cause: error });
    }
  }
}
