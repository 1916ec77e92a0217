/** A bucket of a real Ceph as the source of a test bed's pipeline. */
import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutBucketVersioningCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BucketOptions } from '../../src/buckets/bucket-options';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { s3Client } from '../../src/buckets/s3-client';
import { CephCluster } from './ceph-cluster';

const PART_BYTES = 5 * 1024 ** 2;
const AT_ONCE = 16;

/** Buckets of a Ceph that is started for it, or of the storage at TALLYLINE_S3_ENDPOINT with the credentials of the environment. */
export class CephBuckets {
  private made = 0;

  private constructor(
    readonly endpoint: string,
    readonly accessKeyId: string,
    /** No part of it may ever be seen anywhere. */
    readonly secret: string,
    private readonly own: CephCluster | undefined,
  ) {}

  /** The credentials stand in the environment of this process, too, until `stop`. */
  static async start(): Promise<CephBuckets> {
    const { TALLYLINE_S3_ENDPOINT: endpoint, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    if (endpoint !== undefined) return new CephBuckets(endpoint, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, undefined);
    const secret = `canary-${randomBytes(12).toString('hex')}`;
    const accessKeyId = `key-${randomBytes(6).toString('hex')}`;
    const ceph = await CephCluster.start({ credentials: { accessKeyId, secretAccessKey: secret } });
    const buckets = new CephBuckets(ceph.endpoint, accessKeyId, secret, ceph);
    Object.assign(process.env, buckets.environment);
    return buckets;
  }

  /** For tests that kill its daemons or stand a proxy before it. */
  get ceph(): CephCluster {
    if (this.own === undefined) throw new Error('this test needs a Ceph of its own: unset TALLYLINE_S3_ENDPOINT');
    return this.own;
  }

  /** Of workers and commands that read the buckets. */
  get environment(): Record<string, string> {
    return { AWS_ACCESS_KEY_ID: this.accessKeyId, AWS_SECRET_ACCESS_KEY: this.secret };
  }

  async create(versioning: 'none' | 'enabled' = 'none'): Promise<BucketOptions> {
    const bucket = `tallyline-test-${randomBytes(4).toString('hex')}-${String((this.made += 1))}`;
    const region = process.env['AWS_REGION'] ?? 'us-east-1';
    const options = { endpoint: this.endpoint, region, bucket, pathStyle: true, requests: 32 };
    await s3Client(options).send(new CreateBucketCommand({ Bucket: bucket }));
    if (versioning === 'none') return options;
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3Client(options).send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    return options;
  }

  async stop(): Promise<void> {
    if (this.own === undefined) return;
    for (const name of Object.keys(this.environment)) Reflect.deleteProperty(process.env, name);
    await this.own.stop();
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
