/**
 * What Tallyline needs of an object storage: a narrow port, so that the rules about it can be tested against a fake and proved
 * against a real one. It decides nothing and never waits for long: what does not answer in time is a BucketFailure.
 *
 * Keys are any UTF-8 text of 1 to 1,024 bytes, in the order of their bytes. An ETag is opaque text without quotes: no digest of anything.
 */
export interface ObjectVersion {
  readonly key: string;
  readonly etag: string;
  /** Empty where the bucket has no versioning, and for the version that an object had before it had (S3 names that one `null`). */
  readonly versionId: string;
  readonly sizeBytes: number;
}

export interface FoundObject extends ObjectVersion {
  /** A listing may tell more digits of it than a look at one object. */
  readonly modifiedAtMs: number;
}

export interface ListRequest {
  readonly prefix: string;
  /** Keys after this one; '' is from the start. */
  readonly after: string;
  /** The bucket has versioning, or had it: versions are listed, to know the latest. */
  readonly versions: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectPage {
  /** The latest version of each key, in the order of keys. None where the latest one is a delete marker. */
  readonly objects: readonly FoundObject[];
  /** The last key that was looked at, with an object or without: pass it as `after` to go on. Null when there are no more keys. */
  readonly nextAfter: string | null;
  /** What it cost. */
  readonly requests: number;
}

export interface ReadRequest {
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal;
}

/**
 * Why a request was not answered as it should.
 * `away`: the endpoint or the bucket did not answer, answered 5xx, or told to slow down. `denied`: 401 or 403. `mismatch`: 412, or the
 * object is not the version that was asked for. `missing`: no such object. `no_bucket`. `archived`: it must be restored first.
 * `unfit`: the endpoint answers in a way that would lead to wrong totals. `refused`: any other 4xx.
 */
export type BucketFault = 'away' | 'denied' | 'mismatch' | 'missing' | 'no_bucket' | 'archived' | 'unfit' | 'refused';

export class BucketFailure extends Error {
  override readonly name = 'BucketFailure';

  constructor(
    readonly fault: BucketFault,
    /** What was asked and what came, without any header or address that may hold a secret. */
    readonly fact: string,
    options?: { readonly cause?: unknown },
    /** Of a mismatch: an object was given all the same, and was another one. */
    readonly isAnswered = false,
  ) {
    super(fact, options);
  }
}

export interface Bucket {
  /** For messages: the bucket and its endpoint. */
  readonly label: string;
  /** Whether each write makes a version of its own: `enabled`; `suspended` and `none`: a write replaces what was there. */
  versioning(signal?: AbortSignal): Promise<'enabled' | 'suspended' | 'none'>;
  list(request: ListRequest): Promise<ObjectPage>;
  /** The latest version, or null. */
  head(key: string, signal?: AbortSignal): Promise<FoundObject | null>;
  /** This version, or null; without a versionId whatever is under the key. */
  headVersion(object: ObjectVersion, signal?: AbortSignal): Promise<FoundObject | null>;
  /**
   * The bytes [offset, offset + length) of exactly this version, in order, as they come. Never gives bytes of another version, nor more
   * than asked. Fails with `away` when the body ends early or stalls, where what was given until then is good; with `unfit` when the
   * answer is not what was asked. Asks once: whoever reads goes on after the last good byte.
   */
  read(object: ObjectVersion, request: ReadRequest): AsyncIterable<Uint8Array>;
  /** Gives the version that was written. */
  put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<ObjectVersion>;
  /** Copies exactly this version under another key of the same bucket. Fails with `mismatch` or `missing` when it is not there any more. */
  copy(object: ObjectVersion, toKey: string): Promise<ObjectVersion>;
  /** Removes this version alone; without a versionId whatever is under the key. Done again it does nothing. */
  remove(object: Pick<ObjectVersion, 'key' | 'versionId'>): Promise<void>;
  /** Sets these tags on this version beside those it has. */
  tag(object: ObjectVersion, tags: Readonly<Record<string, string>>): Promise<void>;
}
