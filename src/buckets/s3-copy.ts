/** Copies an object that is too large for one request, part by part, each pinned to the same version. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

import { BUCKET_COPY_BYTES_MAX } from '../core/limits';
import { BucketFailure } from './bucket';
import type { S3Request } from './s3-bucket';

type Ask = <Answer>(what: string, send: S3Request<Answer>) => Promise<Answer>;

export interface PinnedCopy {
  readonly Bucket: string;
  readonly Key: string;
  readonly CopySource: string;
  readonly CopySourceIfMatch: string;
}

export async function copyInParts(
  client: S3Client,
  pinned: PinnedCopy,
  sizeBytes: number,
  ask: Ask,
  partBytes = BUCKET_COPY_BYTES_MAX,
): Promise<void> {
  const { Bucket, Key } = pinned;
  const { UploadId } = await ask('CreateMultipartUpload', (abortSignal) =>
    client.send(new CreateMultipartUploadCommand({ Bucket, Key }), { abortSignal }),
  );
  if (UploadId === undefined) throw new BucketFailure('unfit', 'CreateMultipartUpload was answered without an id');
  try {
    const parts: { PartNumber: number; ETag: string }[] = [];
    for (let offset = 0; offset < sizeBytes; offset += partBytes) {
      const PartNumber = parts.length + 1;
      const CopySourceRange = `bytes=${String(offset)}-${String(Math.min(sizeBytes, offset + partBytes) - 1)}`;
      const command = new UploadPartCopyCommand({ ...pinned, UploadId, PartNumber, CopySourceRange });
      const { CopyPartResult } = await ask('UploadPartCopy', (abortSignal) => client.send(command, { abortSignal }));
      parts.push({ PartNumber, ETag: CopyPartResult?.ETag ?? '' });
    }
    const complete = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } });
    await ask('CompleteMultipartUpload', (abortSignal) => client.send(complete, { abortSignal }));
  } catch (error) {
    const abort = new AbortMultipartUploadCommand({ Bucket, Key, UploadId });
    await ask('AbortMultipartUpload', (abortSignal) => client.send(abort, { abortSignal })).catch(() => undefined);
    throw error;
  }
}
