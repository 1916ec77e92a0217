/**
 * One page of a listing. The next page is asked for by the last key seen, never by a token: a token that is lost, repeated or does not
 * advance would leave keys unseen. Keys are asked for URL-encoded, since XML cannot carry every character of them.
 */
import { ListObjectsV2Command, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';

import { compareBytes } from '../core/byte-order';
import { BUCKET_SKIPPED_PAGES_MAX } from '../core/limits';
import { BucketFailure, type FoundObject, type ListRequest, type ObjectPage } from './bucket';
import type { S3Request } from './s3-bucket';
import { toEtag, toVersionId } from './s3-version';

type Ask = <Answer>(what: string, send: S3Request<Answer>) => Promise<Answer>;

export async function listLatest(client: S3Client, bucket: string, { prefix, after }: ListRequest, ask: Ask): Promise<ObjectPage> {
  const command = new ListObjectsV2Command({
    Bucket: bucket,
    Prefix: prefix,
    EncodingType: 'url',
    ...(after !== '' && { StartAfter: after }),
  });
  const answer = await ask('ListObjectsV2', async (abortSignal) => requirePage(await client.send(command, { abortSignal })));
  const decode = decoder(answer.EncodingType);
  const objects = (answer.Contents ?? []).map((entry) => toFound(entry, decode));
  requireOrder(objects, after, prefix);
  const last = objects.at(-1)?.key;
  if (answer.IsTruncated === true && last === undefined)
    throw new BucketFailure('unfit', `a page after "${after}" has no keys and is not the last`);
  return { objects, nextAfter: answer.IsTruncated === true ? (last ?? null) : null, requests: 1 };
}

/** Where there are versions the latest of each key counts. It is the first of its key, so that the rest of them can be passed over. */
export async function listVersions(client: S3Client, bucket: string, { prefix, after }: ListRequest, ask: Ask): Promise<ObjectPage> {
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = after === '' ? {} : { KeyMarker: after };
  for (let requests = 1; requests <= BUCKET_SKIPPED_PAGES_MAX; requests++) {
    const command = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...marker });
    const answer = await ask('ListObjectVersions', async (abortSignal) => requirePage(await client.send(command, { abortSignal })));
    const decode = decoder(answer.EncodingType);
    const versions = (answer.Versions ?? []).map((entry) => ({ ...toFound(entry, decode), isLatest: entry.IsLatest === true }));
    const markers = (answer.DeleteMarkers ?? []).map((entry) => decode(entry.Key ?? ''));
    const objects = versions.filter(({ isLatest, key }) => isLatest && isAfter(key, after)).map(({ isLatest: _, ...object }) => object);
    requireOrder(objects, after, prefix);
    const last = lastOf([...versions.map(({ key }) => key), ...markers]);
    if (answer.IsTruncated !== true) return { objects, nextAfter: null, requests };
    if (last === undefined) throw new BucketFailure('unfit', `a page of versions after "${after}" has no keys and is not the last`);
    if (isAfter(last, after)) return { objects, nextAfter: last, requests };
    // Some begin with the key of the marker itself (Ceph), others after it: all of this page may have been that key's.
    const { NextVersionIdMarker } = answer;
    if (NextVersionIdMarker === undefined || NextVersionIdMarker === marker.VersionIdMarker) {
      throw new BucketFailure('unfit', `the versions of "${after}" do not end`);
    }
    marker = { KeyMarker: last, VersionIdMarker: NextVersionIdMarker };
  }
  throw new BucketFailure('unfit', `the versions of "${after}" fill more than ${String(BUCKET_SKIPPED_PAGES_MAX)} pages`);
}

/** A page of something else, an HTML error of a proxy say, parses to nothing at all: that must not look like an empty bucket. */
function requirePage<Page extends { readonly IsTruncated?: boolean | undefined; readonly Name?: string | undefined }>(page: Page): Page {
  if (page.IsTruncated !== undefined && page.Name !== undefined) return page;
  throw new BucketFailure('away', 'a listing was answered by something that is no listing');
}

/** A page that does not go on where it was asked to would hide keys or show them for ever. */
function requireOrder(objects: readonly FoundObject[], after: string, prefix: string): void {
  let previous = after;
  for (const { key } of objects) {
    if (!isAfter(key, previous) || !key.startsWith(prefix)) {
      throw new BucketFailure('unfit', `a listing shows "${key}" where a key after "${previous}" was to follow`);
    }
    previous = key;
  }
}

interface Entry {
  readonly Key?: string | undefined;
  readonly ETag?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly Size?: number | undefined;
  readonly LastModified?: Date | undefined;
}

function toFound(entry: Entry, decode: (key: string) => string): FoundObject {
  const { Key, ETag, VersionId, Size, LastModified } = entry;
  if (Key === undefined || ETag === undefined || Size === undefined) {
    throw new BucketFailure('unfit', `a listing shows "${Key ?? ''}" without key, size or ETag`);
  }
  const modifiedAtMs = LastModified?.getTime() ?? 0;
  return { key: decode(Key), etag: toEtag(ETag), versionId: toVersionId(VersionId), sizeBytes: Size, modifiedAtMs };
}

/** Services that do not know the encoding leave keys as they are, and do not name it. */
function decoder(encodingType: string | undefined): (key: string) => string {
  if (encodingType !== 'url') return (key) => key;
  return (key) => {
    try {
      return decodeURIComponent(key.replaceAll('+', '%20'));
    } catch (error) {
      throw new BucketFailure('unfit', `a listing shows "${key}", which is no encoded key`, { cause: error });
    }
  };
}

function isAfter(key: string, other: string): boolean {
  return other === '' || compareBytes(Buffer.from(key), Buffer.from(other)) > 0;
}

function lastOf(keys: readonly string[]): string | undefined {
  return keys.reduce<string | undefined>((last, key) => (last === undefined || isAfter(key, last) ? key : last), undefined);
}
