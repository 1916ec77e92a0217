/** What a "no" of the storage means: about one object alone it is that object's, about all of them it is an outage. */
import { BucketFailure, type Bucket, type BucketFault, type FoundObject } from '../../../src/buckets/bucket';
import { BucketSource } from '../../../src/sources/bucket-source';

const found = (key: string): FoundObject => ({ key, etag: 'e', versionId: '', sizeBytes: 4, modifiedAtMs: 0 });
const file = { sourceKey: 'a', generation: 's3:4:e:', sizeBytes: 4 };

/** Answers with the fault for `refused` keys. */
function sourceOf(fault: BucketFault, refused: readonly string[]): BucketSource {
  const answer = async (key: string): Promise<FoundObject> => {
    if (refused.includes(key)) throw new BucketFailure(fault, `HeadObject was answered by ${fault}`);
    return found(key);
  };
  const bucket: Partial<Bucket> = {
    label: 'bucket "usage"',
    list: async () => ({ objects: [found('a'), found('b')], nextAfter: null, requests: 1 }),
    head: answer,
    headVersion: ({ key }) => answer(key),
    async *read({ key }) {
      await answer(key);
      yield Buffer.alloc(1);
    },
  };
  const options = { sourceId: 'usage', region: 'us-east-1', bucket: 'usage', pathStyle: true, requests: 1, prefix: '' };
  return new BucketSource({ kind: 's3', keysAreUnique: false, ...options, include: ['**/*'], exclude: [] }, bucket as Bucket);
}

describe.each(['denied', 'refused'] as const)('%s', (fault) => {
  test('one object that alone is refused is unreadable, whether it is opened or looked at', async () => {
    await expect(sourceOf(fault, ['a']).open(file)).rejects.toMatchObject({ code: 'unreadable' });
    await expect(sourceOf(fault, ['a']).look('a')).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('where all objects are refused the source is away, and nothing is said about the one', async () => {
    await expect(sourceOf(fault, ['a', 'b']).open(file)).rejects.toMatchObject({ code: 'source_unavailable' });
    await expect(sourceOf(fault, ['a', 'b']).look('a')).rejects.toMatchObject({ code: 'source_unavailable' });
  });
});

test('an object of a bucket that is away is never called unreadable', async () => {
  await expect(sourceOf('away', ['a']).open(file)).rejects.toMatchObject({ code: 'source_unavailable' });
  await expect(sourceOf('away', ['a']).look('a')).rejects.toMatchObject({ code: 'source_unavailable' });
});
