import { MemoryBucket } from '../helpers/memory-bucket';
import { bucketContract } from './bucket-contract';

const PAGE_KEYS = 5;

bucketContract('memory', async (versioning) => {
  const bucket = new MemoryBucket({ versioning, pageKeys: PAGE_KEYS });
  return {
    bucket,
    versioning,
    pageKeys: PAGE_KEYS,
    secret: 'no secret',
    setVersioning: async (state) => void (bucket.versioningState = state),
    putInParts: async (key, parts) => void bucket.putInParts(key, parts),
    tagsOf: async (object) => bucket.tagsOf(object) ?? {},
    broken: (fault) => Object.assign(new MemoryBucket(), { fault }),
  };
});

test('many keys are listed in seconds', async () => {
  const bucket = new MemoryBucket();
  const keys = Array.from(
    { length: 200_000 },
    (_, index) => `incoming/2026-11-23/${String((index * 7_919) % 200_000).padStart(7, '0')}.txt`,
  );
  const startedAtMs = performance.now();
  bucket.fill(keys, Buffer.from('7 881\n'));
  let listed = 0;
  for (let after: string | null = ''; after !== null;) {
    const page = await bucket.list({ prefix: 'incoming/', after, versions: false });
    listed += page.objects.length;
    after = page.nextAfter;
  }
  const milliseconds = performance.now() - startedAtMs;
  expect(listed).toBe(200_000);
  expect(milliseconds).toBeLessThan(20_000);
  process.stderr.write(`200,000 keys in memory took ${Math.round(milliseconds)} ms\n`);
}, 60_000);
