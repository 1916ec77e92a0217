/**
 * Moves, tags or removes exactly the version of an object that was counted.
 *
 * A version is told apart by its versionId. One without can only be compared first and then named by its key, so that a version written
 * in between would be taken for it; that is allowed only where the writer never uses a key twice.
 */
import { BucketFailure, type Bucket, type FoundObject, type ObjectVersion } from '../buckets/bucket';
import { describeTags, type DisposeAction } from '../core/disposal';
import { TallylineFailure } from '../core/failures';
import { OBJECT_COMPARE_BYTES, SOURCE_KEY_BYTES_MAX } from '../core/limits';
import type { DisposeRequest, DisposeResult } from './source';

export interface ObjectDisposal {
  readonly bucket: Bucket;
  /** The writer promises never to use a key twice. */
  readonly keysAreUnique: boolean;
  /** Whether a listing would offer an object under this key. */
  readonly isListed: (key: string) => boolean;
}

/** Throws config_invalid unless each version can be told apart, and source_unavailable while the bucket does not answer. */
export async function checkObjectDisposal({ bucket, keysAreUnique, isListed }: ObjectDisposal, action: DisposeAction): Promise<void> {
  if (action.kind === 'move' && isListed(`${action.to}x`))
    throw new TallylineFailure('config_invalid', `what is moved to "${action.to}" would be listed, and taken for new`);
  if (keysAreUnique) return;
  const versioning = await translated(bucket, '', () => bucket.versioning());
  if (versioning === 'enabled') return;
  const fact = `${bucket.label} has no versioning (${versioning}), so that to ${action.kind} a file might hit another one written under the same key`;
  throw new TallylineFailure('config_invalid', `${fact}: enable it, or set keysAreUnique if the writer never uses a key twice`);
}

/** Throws not_disposed, source_unavailable. */
export async function disposeObject(
  disposal: ObjectDisposal,
  object: ObjectVersion,
  action: DisposeAction,
  request: DisposeRequest,
): Promise<DisposeResult> {
  const { bucket, keysAreUnique } = disposal;
  if (object.versionId === '' && !keysAreUnique) throw notDisposed(object.key, 'it has no versionId, and keys may be used again');
  return await translated(bucket, object.key, async () => {
    switch (action.kind) {
      case 'move':
        return await move(disposal, object, action.to, request);
      case 'delete':
        return await removeObject(bucket, object, request);
      case 'tag':
        return await tag(bucket, object, action.tags, request);
    }
  });
}

/** The copy lies there, whole, before anything is removed. */
async function move(
  { bucket, isListed }: ObjectDisposal,
  object: ObjectVersion,
  to: string,
  request: DisposeRequest,
): Promise<DisposeResult> {
  const place = to + object.key;
  if (Buffer.byteLength(place) > SOURCE_KEY_BYTES_MAX) throw notDisposed(object.key, `"${place}" is too long for a key`);
  if (isListed(place)) throw notDisposed(object.key, `"${place}" would be listed, and taken for new`);
  const target = await bucket.head(place, request.signal);
  let copied: ObjectVersion;
  try {
    if (target !== null && !(await isSameContent(bucket, object, target, request.signal))) return { outcome: 'occupied', place };
    copied = target ?? (await bucket.copy(object, place));
  } catch (error) {
    const outcome = whatIsGone(error);
    if (outcome === null) throw error;
    // An earlier attempt was allowed to remove it only with its copy in this place.
    const isMoved = request.begunPlace === place && target?.sizeBytes === object.sizeBytes;
    return { outcome: isMoved ? 'already' : outcome, place };
  }
  const requireCopy = async () => {
    const found = await bucket.head(place, request.signal);
    if (found === null || !isVersion(found, { ...copied, sizeBytes: object.sizeBytes }))
      throw notDisposed(object.key, `its copy "${place}" is not there as it was copied`);
  };
  await requireCopy();
  return await removeObject(bucket, object, request, { place, requireCopy });
}

/** Byte for byte: an object that lies there already was perhaps copied by an attempt that died, and nothing else proves it. */
async function isSameContent(bucket: Bucket, object: ObjectVersion, other: ObjectVersion, signal: AbortSignal): Promise<boolean> {
  if (object.sizeBytes !== other.sizeBytes) return false;
  for (let offset = 0; offset < object.sizeBytes; offset += OBJECT_COMPARE_BYTES) {
    const range = { offset, length: Math.min(OBJECT_COMPARE_BYTES, object.sizeBytes - offset), signal };
    const own = await readRange(bucket, object, range);
    const others = await readRange(bucket, other, range).catch((error: unknown) => {
      // What becomes of the other one says nothing about this one.
      throw whatIsGone(error) === null ? error : notDisposed(object.key, `"${other.key}" changed while it was compared with it`, error);
    });
    if (!own.equals(others)) return false;
  }
  return true;
}

async function readRange(
  bucket: Bucket,
  object: ObjectVersion,
  range: { offset: number; length: number; signal: AbortSignal },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bucket.read(object, range)) chunks.push(Uint8Array.from(chunk));
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== range.length) throw notDisposed(object.key, `reading "${object.key}" to compare it ended early`);
  return bytes;
}

interface Copied {
  readonly place: string;
  /** Throws unless the copy still lies there. */
  readonly requireCopy: () => Promise<void>;
}

const NOWHERE: Copied = { place: '', requireCopy: () => Promise.resolve() };

async function removeObject(
  bucket: Bucket,
  object: ObjectVersion,
  { signal, confirm }: DisposeRequest,
  { place, requireCopy }: Copied = NOWHERE,
): Promise<DisposeResult> {
  const before = await lookAgain(bucket, object, signal);
  if (before !== null) return { outcome: before, place };
  if (!(await confirm(place))) return { outcome: 'withdrawn', place };
  await requireCopy();
  const after = await lookAgain(bucket, object, signal);
  if (after !== null) return { outcome: after, place };
  await bucket.remove(object);
  return { outcome: 'done', place };
}

async function tag(
  bucket: Bucket,
  object: ObjectVersion,
  tags: Readonly<Record<string, string>>,
  { confirm, signal }: DisposeRequest,
): Promise<DisposeResult> {
  const place = describeTags(tags);
  if (!(await confirm(place))) return { outcome: 'withdrawn', place };
  try {
    const found = await lookAgain(bucket, object, signal);
    if (found !== null) return { outcome: found, place };
    await bucket.tag(object, tags);
    return { outcome: 'done', place };
  } catch (error) {
    const outcome = whatIsGone(error);
    if (outcome === null) throw error;
    return { outcome, place };
  }
}

/** Null where it is as it was counted. */
async function lookAgain(bucket: Bucket, object: ObjectVersion, signal: AbortSignal): Promise<'changed' | 'vanished' | null> {
  const found = await bucket.headVersion(object, signal);
  if (found === null) return 'vanished';
  return isVersion(found, object) && found.versionId === object.versionId ? null : 'changed';
}

/** Not every storage tells the versionId of a copy. */
function isVersion(found: FoundObject, { etag, versionId, sizeBytes }: ObjectVersion): boolean {
  return found.etag === etag && found.sizeBytes === sizeBytes && (versionId === '' || found.versionId === versionId);
}

function whatIsGone(error: unknown): 'changed' | 'vanished' | null {
  if (!(error instanceof BucketFailure)) return null;
  return error.fault === 'mismatch' ? 'changed' : error.fault === 'missing' ? 'vanished' : null;
}

async function translated<Result>(bucket: Bucket, key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BucketFailure)) throw error;
    const isAway = error.fault === 'away' || error.fault === 'no_bucket' || key === '';
    if (isAway) throw new TallylineFailure('source_unavailable', `${bucket.label}: ${error.fact}`, { cause: error });
    throw notDisposed(key, error.fact, error);
  }
}

function notDisposed(key: string, why: string, cause?: unknown): TallylineFailure {
  return new TallylineFailure('not_disposed', `"${key}" was left as it is: ${why}`, { cause });
}
