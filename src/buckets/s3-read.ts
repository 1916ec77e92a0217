/** One ranged read that is pinned to a version, and what its answer must be. */
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';

import { BucketFailure, type ObjectVersion, type ReadRequest } from './bucket';
import { toEtag, versionParameter } from './s3-version';

export function requestRange(bucket: string, object: ObjectVersion, { offset, length }: ReadRequest): GetObjectCommand {
  return new GetObjectCommand({
    Bucket: bucket,
    Key: object.key,
    ...versionParameter(object),
    Range: `bytes=${String(offset)}-${String(offset + length - 1)}`,
    IfMatch: `"${object.etag}"`,
  });
}

/** Throws `unfit` for an answer that is not exactly what was asked for, `mismatch` for another object. */
export function requireExactAnswer(answer: GetObjectCommandOutput, object: ObjectVersion, { offset, length }: ReadRequest): void {
  const { $metadata, ContentRange, ContentLength, ETag, VersionId } = answer;
  const unfit = (fact: string): BucketFailure => {
    bodyOf(answer).destroy();
    return new BucketFailure('unfit', `a read of ${String(length)} bytes at ${String(offset)} was answered ${fact}`);
  };
  if ($metadata.httpStatusCode !== 206)
    throw unfit(`by ${String($metadata.httpStatusCode)}, not by 206: the endpoint does not honour Range`);
  const expected = `bytes ${String(offset)}-${String(offset + length - 1)}/${String(object.sizeBytes)}`;
  if (ContentRange !== expected) throw unfit(`with Content-Range "${ContentRange ?? ''}" where "${expected}" was to be`);
  if (ContentLength !== undefined && ContentLength !== length) throw unfit(`with a length of ${String(ContentLength)}`);
  const isOther = toEtag(ETag) !== object.etag || (object.versionId !== '' && VersionId !== undefined && VersionId !== object.versionId);
  if (!isOther) return;
  bodyOf(answer).destroy();
  throw new BucketFailure('mismatch', `a read was answered with ETag "${toEtag(ETag)}" where "${object.etag}" was to be`, {}, true);
}

export function bodyOf(answer: GetObjectCommandOutput): Readable {
  return answer.Body as unknown as Readable;
}
