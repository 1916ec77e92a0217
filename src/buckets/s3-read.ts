/** One ranged read that is pinned to a version, and its body as it comes. */
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';

import { BUCKET_SLOWEST_BYTES_PER_SECOND } from '../core/limits';
import { BucketFailure, type ObjectVersion, type ReadRequest } from './bucket';
import type { BucketTiming } from './bucket-timing';
import { toEtag, versionParameter } from './s3-version';

const CHECK_MS = 500;

interface BodyLimits {
  readonly what: string;
  readonly timing: BucketTiming;
}

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

/** Throws `away` when it ends early, is silent for too long, or is too slow; `unfit` when there is more of it than was asked for. */
export async function* readBody(
  answer: GetObjectCommandOutput,
  { length }: ReadRequest,
  { what, timing }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const body = bodyOf(answer);
  const watch = new BodyWatch(body, what, timing);
  let readBytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      readBytes += chunk.length;
      if (readBytes > length) throw new BucketFailure('unfit', `${what} brought more bytes than that`);
      watch.pause(chunk.length);
      yield chunk;
      watch.resume();
    }
  } catch (error) {
    throw watch.failure ?? error;
  } finally {
    watch.stop();
    body.destroy();
  }
  if (readBytes < length) throw new BucketFailure('away', `${what} ended after ${String(readBytes)} bytes`);
}

/** Ends a body that is silent or slow. Time that the reader takes does not count. */
class BodyWatch {
  failure: BucketFailure | undefined;
  private readonly timer: NodeJS.Timeout;
  private isPaused = false;
  private silentMs = 0;
  private slowMs = 0;
  private slowBytes = 0;

  constructor(
    private readonly body: Readable,
    private readonly what: string,
    private readonly timing: BucketTiming,
  ) {
    this.timer = setInterval(() => this.check(), CHECK_MS);
  }

  pause(bytes: number): void {
    this.isPaused = true;
    this.silentMs = 0;
    this.slowBytes += bytes;
  }

  resume(): void {
    this.isPaused = false;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private check(): void {
    if (this.isPaused) return;
    this.silentMs += CHECK_MS;
    this.slowMs += CHECK_MS;
    if (this.silentMs > this.timing.silenceMsMax) return this.end(`was silent for ${String(this.timing.silenceMsMax / 1000)} s`);
    if (this.slowMs < this.timing.slowMsMax) return;
    const bytesPerSecond = (this.slowBytes * 1000) / this.slowMs;
    if (bytesPerSecond < BUCKET_SLOWEST_BYTES_PER_SECOND) this.end(`came at ${String(Math.round(bytesPerSecond))} bytes a second`);
    this.slowMs = 0;
    this.slowBytes = 0;
  }

  private end(how: string): void {
    this.failure = new BucketFailure('away', `${this.what} ${how}`);
    this.body.destroy(this.failure);
  }
}

function bodyOf(answer: GetObjectCommandOutput): Readable {
  return answer.Body as unknown as Readable;
}
