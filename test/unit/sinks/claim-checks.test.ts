/** Claim checks over a bucket that loses objects, or is not there. */
import { BucketFailure, type Bucket } from '../../../src/buckets/bucket';
import { ClaimChecks } from '../../../src/sinks/claim-checks';

const address = { fileId: 'a'.repeat(32), version: 1, planDigest: 'b'.repeat(64), splitIndex: 0, digest: 'c'.repeat(64) };

function claimsOf(list: Bucket['list']): ClaimChecks {
  const bucket: Partial<Bucket> = { label: 'bucket "claims"', head: async () => null, list };
  return new ClaimChecks(bucket as Bucket, 'tallyline/');
}

test('a blob that the bucket lost is told as lost', async () => {
  const claims = claimsOf(async () => ({ objects: [], nextAfter: null, requests: 1 }));
  await expect(claims.fetch(address)).resolves.toBeNull();
});

test.each(['no_bucket', 'missing', 'away'] as const)('no blob is called lost by a bucket that answers "%s" itself', async (fault) => {
  const claims = claimsOf(async () => {
    throw new BucketFailure(fault, 'ListObjectsV2 was answered by 404');
  });
  await expect(claims.fetch(address)).rejects.toMatchObject({ code: 'sink_unavailable' });
});
