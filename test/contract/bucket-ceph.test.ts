/** The contract over a real gateway of Ceph. A proxy in between makes pages so small that few objects fill several. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { join } from 'node:path';
import type { ObjectVersion } from '../../src/buckets/bucket';
import { BUCKET_TIMING } from '../../src/buckets/bucket-timing';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { CephCluster } from '../helpers/ceph-cluster';
import { freePort } from '../helpers/free-port';
import { S3FaultProxy } from '../helpers/s3-fault-proxy';
import { smallPages } from '../helpers/s3-faults';
import { writeS3Profiles } from '../helpers/s3-profiles';
import { S3_REGION } from '../helpers/s3-signature';
import { bucketContract } from './bucket-contract';
import type { BrokenFault } from './bucket-driver';

jest.setTimeout(30_000);

const PAGE_KEYS = 5;
/** What is away is not asked again for long. */
const TIMING = { ...BUCKET_TIMING, patienceMs: 300 };

let cluster: CephCluster;
let proxy: S3FaultProxy;
let client: S3Client;
let nowhere: string;
let buckets = 0;

beforeAll(async () => {
  cluster = await CephCluster.start();
  proxy = await S3FaultProxy.start(cluster.endpoint, cluster.credentials);
  proxy.inject(smallPages(PAGE_KEYS), { kind: 'list' });
  const wrong = { ...cluster.credentials, secretAccessKey: 'wrong' };
  writeS3Profiles(join(cluster.folder, 'credentials'), { right: cluster.credentials, wrong });
  client = new S3Client({ endpoint: cluster.endpoint, region: S3_REGION, forcePathStyle: true, profile: 'right' });
  nowhere = `http://127.0.0.1:${await freePort()}`;
}, 60_000);
afterAll(async () => {
  client.destroy();
  await proxy.stop();
  await cluster.stop();
});

bucketContract('Ceph', async (versioning) => {
  const bucket = `bucket-${(buckets += 1)}`;
  await cluster.createBucket(bucket, { versioning });
  const options = { endpoint: proxy.endpoint, region: S3_REGION, bucket, pathStyle: true, profile: 'right', requests: 16 };
  const broken: Record<BrokenFault, Partial<typeof options>> = {
    // The proxy would sign listings with the right secret.
    denied: { profile: 'wrong', endpoint: cluster.endpoint },
    away: { endpoint: nowhere },
    no_bucket: { bucket: `${bucket}-gone` },
  };
  return {
    bucket: new S3Bucket(options, TIMING),
    versioning,
    pageKeys: PAGE_KEYS,
    secret: cluster.secretAccessKey,
    setVersioning: (state) => cluster.setVersioning(bucket, state),
    putInParts: (key, parts) => putInParts(bucket, key, parts),
    tagsOf: (object) => tagsOf(bucket, object),
    broken: (fault) => new S3Bucket({ ...options, ...broken[fault] }, TIMING),
  };
});

async function putInParts(Bucket: string, Key: string, bodies: readonly Uint8Array[]): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts = await Promise.all(
    bodies.map(async (Body, index) => {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body }));
      return { PartNumber: index + 1, ETag };
    }),
  );
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
}

async function tagsOf(Bucket: string, { key, versionId }: ObjectVersion): Promise<Record<string, string>> {
  const { TagSet = [] } = await client.send(
    new GetObjectTaggingCommand({ Bucket, Key: key, ...(versionId !== '' && { VersionId: versionId }) }),
  );
  return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}
