/** What a bucket says when it cannot be asked: which fault it is, and nothing that is secret. */
import { inspect } from 'node:util';
import type { Bucket, ObjectVersion } from '../../src/buckets/bucket';
import { bucketFailure, readAll, type BrokenFault, type PreparedBucket } from './bucket-driver';

const CALLS: Readonly<Record<string, (bucket: Bucket, object: ObjectVersion) => Promise<unknown>>> = {
  versioning: (bucket) => bucket.versioning(),
  list: (bucket) => bucket.list({ prefix: '', after: '', versions: false }),
  'list with versions': (bucket) => bucket.list({ prefix: '', after: '', versions: true }),
  head: (bucket, { key }) => bucket.head(key),
  headVersion: (bucket, object) => bucket.headVersion(object),
  read: (bucket, object) => readAll(bucket, object),
  put: (bucket, { key }) => bucket.put(key, Buffer.from('2')),
  copy: (bucket, object) => bucket.copy(object, 'copy'),
  remove: (bucket, object) => bucket.remove(object),
  tag: (bucket, object) => bucket.tag(object, { state: 'counted' }),
};

const LOOKS = ['head', 'headVersion'];

const SITUATIONS: readonly (readonly [BrokenFault, string])[] = [
  ['denied', 'a wrong secret'],
  ['away', 'nobody where the endpoint should be'],
  ['no_bucket', 'a bucket that is not there'],
];

export function refusalContract(prepare: () => Promise<PreparedBucket>): void {
  test.each(SITUATIONS)('every call fails as %s: %s', async (fault) => {
    const prepared = await prepare();
    const object = await prepared.bucket.put('a', Buffer.from('1'));
    const broken = prepared.broken(fault);
    const asked = Object.entries(CALLS).map(async ([name, call]) => {
      const failure = await call(broken, object).then(
        (answer) => answer,
        (error: unknown) => error,
      );
      expect(inspect(failure, { depth: null })).not.toContain(prepared.secret);
      return [name, failure] as const;
    });
    const answers = new Map(await Promise.all(asked));
    // A look is answered without a body: a bucket that is not there may look like an object that is not.
    for (const name of fault === 'no_bucket' ? LOOKS : []) if (answers.get(name) === null) answers.delete(name);
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries([...answers.keys()].map((name) => [name, bucketFailure(fault)])));
    expect(await prepared.bucket.head('a')).toMatchObject(object);
    expect(await prepared.bucket.head('copy')).toBeNull();
  });
}
