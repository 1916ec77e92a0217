/** A bucket of a real Ceph as the source of a test bed's pipeline. */
import { randomBytes } from 'node:crypto';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BucketOptions } from '../../src/buckets/bucket-options';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { s3Client } from '../../src/buckets/s3-client';
import { CephCluster, type BucketVersioning } from './ceph-cluster';

const PART_BYTES = 5 * 1024 ** 2;
const AT_ONCE = 16;

export interface TestBucket extends S3Bucket {
  readonly options: BucketOptions;
}

export class CephBuckets {
  private made = 0;

  private constructor(
    readonly ceph: CephCluster,
    /** No part of it may ever be seen anywhere. */
    readonly secret: string,
  ) {}

  /** The credentials stand in the environment of this process, too, until `stop`. */
  static async start(): Promise<CephBuckets> {
    const secret = `canary-${randomBytes(12).toString('hex')}`;
    const ceph = await CephCluster.start({
      credentials: { accessKeyId: `key-${randomBytes(6).toString('hex')}`, secretAccessKey: secret },
    });
    const buckets = new CephBuckets(ceph, secret);
    Object.assign(process.env, buckets.environment);
    return buckets;
  }

  /** Of workers and commands that read the buckets. */
  get environment(): Record<string, string> {
    return { AWS_ACCESS_KEY_ID: this.ceph.accessKeyId, AWS_SECRET_ACCESS_KEY: this.secret };
  }

  async create(versioning: BucketVersioning = 'none'): Promise<BucketOptions> {
    const name = `bucket-${String((this.made += 1))}`;
    await this.ceph.createBucket(name, { versioning });
    return { endpoint: this.ceph.endpoint, region: 'us-east-1', bucket: name, pathStyle: true, requests: 32 };
  }

  async stop(): Promise<void> {
    for (const name of Object.keys(this.environment)) Reflect.deleteProperty(process.env, name);
    await this.ceph.stop();
  }
}

/** As the configuration has it. */
export function bucketSource({ endpoint, region, bucket }: BucketOptions, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { kind: 's3', endpoint, region, bucket, ...more };
}

/** In parts when there is more than one; then its ETag is no digest of it. */
export async function putObject(options: BucketOptions, key: string, content: string | Uint8Array): Promise<void> {
  const body = Buffer.from(content);
  if (body.length > PART_BYTES) await putInParts(s3Client(options), options.bucket, key, body);
  else await new S3Bucket(options).put(key, body);
}

export async function putObjects(options: BucketOptions, objects: Iterable<readonly [string, string | Uint8Array]>): Promise<void> {
  const left = objects[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await putObject(options, ...next.value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function putInParts(client: S3Client, bucket: string, key: string, body: Buffer): Promise<void> {
  const target = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const parts: { PartNumber: number; ETag: string }[] = [];
  for (let offset = 0; offset < body.length; offset += PART_BYTES) {
    const PartNumber = parts.length + 1;
    const part = { ...target, UploadId, PartNumber, Body: body.subarray(offset, offset + PART_BYTES) };
    const { ETag } = await client.send(new UploadPartCommand(part));
    parts.push({ PartNumber, ETag: ETag ?? '' });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }));
}
