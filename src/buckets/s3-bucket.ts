/** A bucket behind the S3 protocol: AWS, Ceph's gateway, MinIO and others alike, as far as they keep what the probe asks for. */
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

import { BUCKET_COPY_BYTES_MAX, BUCKET_COPY_MS_MAX, BUCKET_SLOWEST_BYTES_PER_SECOND } from '../core/limits';
import { AnswerDeadline } from './answer-deadline';
import {
  BucketFailure,
  type Bucket,
  type FoundObject,
  type ListRequest,
  type ObjectPage,
  type ObjectVersion,
  type ReadRequest,
} from './bucket';
import { BodyWatch } from './body-watch';
import type { BucketOptions } from './bucket-options';
import { BUCKET_TIMING } from './bucket-timing';
import { Patience } from './patience';
import { requestLimit, type RequestLimit } from './request-limit';
import { s3Client } from './s3-client';
import { copyInParts } from './s3-copy';
import { isSlowDown, toBucketFailure } from './s3-failure';
import { listLatest, listVersions } from './s3-listing';
import { bodyOf, requestRange, requireExactAnswer } from './s3-read';
import { toEtag, toVersionId, versionParameter } from './s3-version';

/** One request, given a signal that ends it. */
export type S3Request<Answer> = (signal: AbortSignal) => Promise<Answer>;

interface OneRequest<Answer> {
  readonly what: string;
  readonly signal: AbortSignal | undefined;
  readonly send: S3Request<Answer>;
  readonly answerMs: number;
}

export class S3Bucket implements Bucket {
  readonly label: string;
  private readonly client: S3Client;
  private readonly limit: RequestLimit;
  private readonly name: string;

  constructor(
    options: BucketOptions,
    private readonly timing = BUCKET_TIMING,
  ) {
    this.client = s3Client(options);
    this.name = options.bucket;
    this.limit = requestLimit(options.endpoint ?? options.region, options.requests);
    this.label = `bucket "${options.bucket}" at ${options.endpoint ?? options.region}`;
  }

  async versioning(signal?: AbortSignal): Promise<'enabled' | 'suspended' | 'none'> {
    const command = new GetBucketVersioningCommand({ Bucket: this.name });
    const { Status } = await this.ask('GetBucketVersioning', signal, (abortSignal) => this.client.send(command, { abortSignal }));
    return Status === 'Enabled' ? 'enabled' : Status === 'Suspended' ? 'suspended' : 'none';
  }

  async list(request: ListRequest): Promise<ObjectPage> {
    const list = request.versions ? listVersions : listLatest;
    const ask = <Answer>(what: string, send: S3Request<Answer>) => this.ask(what, request.signal, send);
    return await list(this.client, this.name, request, ask);
  }

  async head(key: string, signal?: AbortSignal): Promise<FoundObject | null> {
    return await this.look({ key }, signal);
  }

  async headVersion(object: ObjectVersion, signal?: AbortSignal): Promise<FoundObject | null> {
    return await this.look({ key: object.key, ...versionParameter(object) }, signal);
  }

  async *read(object: ObjectVersion, request: ReadRequest): AsyncGenerator<Uint8Array> {
    const what = `GetObject of ${String(request.length)} bytes at ${String(request.offset)}`;
    const release = await this.limit.take(request.signal);
    const deadline = new AnswerDeadline(request.signal, this.timing.answerMsMax, what);
    let watch: BodyWatch | undefined;
    try {
      const command = requestRange(this.name, object, request);
      const answer = await deadline.race(this.client.send(command, { abortSignal: deadline.signal }));
      deadline.met();
      this.limit.answered();
      requireExactAnswer(answer, object, request);
      const body = bodyOf(answer);
      watch = new BodyWatch({ body, lengthBytes: request.length, what, timing: this.timing });
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        watch.take(chunk.length);
        yield chunk;
        watch.resume();
      }
      watch.end();
    } catch (error) {
      throw this.judge(watch?.failure ?? error, deadline.signal, request.signal, what);
    } finally {
      watch?.stop();
      deadline.release();
      release();
    }
  }

  async put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<ObjectVersion> {
    const command = new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, ContentLength: body.length });
    const answerMs = this.timing.answerMsMax + (body.length / BUCKET_SLOWEST_BYTES_PER_SECOND) * 1000;
    const { ETag, VersionId } = await this.ask('PutObject', signal, (abortSignal) => this.client.send(command, { abortSignal }), answerMs);
    return { key, etag: toEtag(ETag), versionId: toVersionId(VersionId), sizeBytes: body.length };
  }

  /**
   * Ceph (16.2.15) takes a condition on the source and ignores it, and does not tell the version that a copy made: so both are looked at
   * afterwards, and a copy of something else is removed again.
   */
  async copy(object: ObjectVersion, toKey: string): Promise<ObjectVersion> {
    await this.copyAsAsked(object, toKey);
    const [copied, source] = [await this.head(toKey), await this.headVersion(object)];
    if (copied === null) throw new BucketFailure('away', `a copy is not there after it was made`);
    const isOfVersion = source?.etag === object.etag && source.sizeBytes === object.sizeBytes && copied.sizeBytes === object.sizeBytes;
    const { modifiedAtMs: _, ...version } = copied;
    if (isOfVersion) return version;
    await this.remove(copied);
    throw new BucketFailure(source === null ? 'missing' : 'mismatch', 'what was to be copied changed meanwhile');
  }

  private async copyAsAsked({ key, etag, versionId, sizeBytes }: ObjectVersion, toKey: string): Promise<void> {
    const source = `${this.name}/${encodeURIComponent(key)}${versionId === '' ? '' : `?versionId=${encodeURIComponent(versionId)}`}`;
    const ask = <Answer>(what: string, send: S3Request<Answer>) => this.ask(what, undefined, send, BUCKET_COPY_MS_MAX);
    const pinned = { Bucket: this.name, Key: toKey, CopySource: source, CopySourceIfMatch: `"${etag}"` };
    if (sizeBytes > BUCKET_COPY_BYTES_MAX) return await copyInParts(this.client, pinned, sizeBytes, ask);
    await ask('CopyObject', (abortSignal) => this.client.send(new CopyObjectCommand(pinned), { abortSignal }));
  }

  async remove(object: Pick<ObjectVersion, 'key' | 'versionId'>): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.name, Key: object.key, ...versionParameter(object) });
    try {
      await this.ask('DeleteObject', undefined, (abortSignal) => this.client.send(command, { abortSignal }));
    } catch (error) {
      if (!(error instanceof BucketFailure && error.fault === 'missing')) throw error;
    }
  }

  async tag(object: ObjectVersion, tags: Readonly<Record<string, string>>): Promise<void> {
    const target = { Bucket: this.name, Key: object.key, ...versionParameter(object) };
    const { TagSet = [] } = await this.ask('GetObjectTagging', undefined, (abortSignal) =>
      this.client.send(new GetObjectTaggingCommand(target), { abortSignal }),
    );
    const merged = { ...Object.fromEntries(TagSet.map(({ Key, Value }) => [Key ?? '', Value ?? ''])), ...tags };
    const TagSetAfter = Object.entries(merged).map(([Key, Value]) => ({ Key, Value }));
    const command = new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: TagSetAfter } });
    await this.ask('PutObjectTagging', undefined, (abortSignal) => this.client.send(command, { abortSignal }));
  }

  private async look(target: { key: string; VersionId?: string }, signal: AbortSignal | undefined): Promise<FoundObject | null> {
    const { key, ...version } = target;
    const command = new HeadObjectCommand({ Bucket: this.name, Key: key, ...version });
    try {
      const found = await this.ask('HeadObject', signal, (abortSignal) => this.client.send(command, { abortSignal }));
      const { ETag, VersionId, ContentLength, LastModified } = found;
      if (ContentLength === undefined || ETag === undefined)
        throw new BucketFailure('unfit', 'HeadObject was answered without size or ETag');
      const modifiedAtMs = LastModified?.getTime() ?? 0;
      return { key, etag: toEtag(ETag), versionId: toVersionId(VersionId), sizeBytes: ContentLength, modifiedAtMs };
    } catch (error) {
      if (error instanceof BucketFailure && error.fault === 'missing') return null;
      throw error;
    }
  }

  /** Asks, and asks again what is away. Rejects with BucketFailure, or the signal's reason. */
  private async ask<Answer>(
    what: string,
    signal: AbortSignal | undefined,
    send: S3Request<Answer>,
    answerMs = this.timing.answerMsMax,
  ): Promise<Answer> {
    const patience = new Patience(signal, this.timing.patienceMs);
    for (;;) {
      try {
        return await this.askOnce({ what, signal, send, answerMs });
      } catch (error) {
        if (!(error instanceof BucketFailure) || error.fault !== 'away') throw error;
        await patience.after(error);
      }
    }
  }

  private async askOnce<Answer>({ what, signal, send, answerMs }: OneRequest<Answer>): Promise<Answer> {
    const release = await this.limit.take(signal);
    const deadline = new AnswerDeadline(signal, answerMs, what);
    try {
      const answer = await deadline.race(send(deadline.signal));
      this.limit.answered();
      return answer;
    } catch (error) {
      throw this.judge(error, deadline.signal, signal, what);
    } finally {
      deadline.release();
      release();
    }
  }

  private judge(error: unknown, deadline: AbortSignal, outer: AbortSignal | undefined, what: string): unknown {
    if (outer?.aborted) return outer.reason;
    if (deadline.aborted) return deadline.reason;
    if (isSlowDown(error)) this.limit.slowDown();
    return toBucketFailure(error, what);
  }
}
