/** Bytes of one object by ranges that are asked for ahead, over a bucket whose answers break off. */
import fc from 'fast-check';

import { BucketFailure, type ObjectVersion, type ReadRequest } from '../../../src/buckets/bucket';
import { Patience } from '../../../src/buckets/patience';
import { RangeReader } from '../../../src/sources/range-reader';

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7) % 251));
const object: ObjectVersion = { key: 'a', etag: 'e', versionId: '', sizeBytes: content.length };

/** Answers each request in chunks, and breaks off after as many bytes as `breaks` says next. */
class BreakingBucket {
  readonly asked: [number, number][] = [];
  underWay = 0;
  mostUnderWay = 0;

  constructor(
    private readonly breaks: number[] = [],
    private readonly failure = () => new BucketFailure('away', 'the connection was reset'),
  ) {}

  async *read(_: ObjectVersion, { offset, length, signal }: ReadRequest): AsyncGenerator<Uint8Array> {
    this.asked.push([offset, length]);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    try {
      const breaksAfter = this.breaks.shift() ?? Infinity;
      for (let sent = 0; sent < length; sent += 13) {
        await Promise.resolve();
        signal.throwIfAborted();
        if (sent >= breaksAfter) throw this.failure();
        yield content.subarray(offset + sent, offset + Math.min(length, sent + 13));
      }
    } finally {
      this.underWay--;
    }
  }
}

/** Does not wait, and bears so many failures without progress. */
function patient(failuresMax: number): () => Patience {
  return () => {
    let failures = 0;
    return Object.assign(new Patience(), {
      progress: () => (failures = 0),
      after: async (failure: Error) => {
        if (++failures > failuresMax) throw failure;
      },
    });
  };
}

async function readAll(reader: RangeReader, pieceBytes: number, from = 0): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let offset = from; offset < content.length; offset += pieceBytes) {
    const piece = Buffer.alloc(Math.min(pieceBytes, content.length - offset));
    await reader.read(offset, piece);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

test('gives every byte once, whatever the ranges, the pieces asked for, and where answers break off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        rangeBytes: fc.integer({ min: 1, max: 400 }),
        pieceBytes: fc.integer({ min: 1, max: 600 }),
        startOffset: fc.integer({ min: 0, max: content.length }),
        endOffset: fc.integer({ min: 1, max: content.length }),
        breaks: fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 10 }),
      }),
      async ({ rangeBytes, pieceBytes, startOffset, endOffset, breaks }) => {
        const bucket = new BreakingBucket(breaks);
        const reader = new RangeReader({ bucket, object, startOffset, endOffset, rangeBytes, createPatience: patient(11) });
        expect(await readAll(reader, pieceBytes)).toEqual(content);
      },
    ),
    { numRuns: 300 },
  );
});

test('asks for at most three ranges at once, and for none behind the end before it is read', async () => {
  const bucket = new BreakingBucket();
  const reader = new RangeReader({ bucket, object, endOffset: 500, rangeBytes: 100 });
  await reader.read(0, Buffer.alloc(10));
  expect(bucket.asked).toEqual([
    [0, 100],
    [100, 100],
    [200, 100],
  ]);
  await reader.read(10, Buffer.alloc(490));
  expect(bucket.asked.every(([offset, length]) => offset + length <= 500)).toBe(true);
  await reader.read(500, Buffer.alloc(50));
  expect(bucket.asked.at(-1)).toEqual([500, 50]);
  expect(bucket.mostUnderWay).toBeLessThanOrEqual(3);
});

test('asks for nothing ahead of what is read before its start', async () => {
  const bucket = new BreakingBucket();
  const reader = new RangeReader({ bucket, object, startOffset: 600, endOffset: 900, rangeBytes: 100 });
  const [head, piece] = [Buffer.alloc(20), Buffer.alloc(50)];
  await reader.read(0, head);
  expect(bucket.asked).toEqual([[0, 20]]);
  await reader.read(599, piece);
  expect(bucket.asked.slice(1)).toEqual([
    [599, 100],
    [699, 100],
    [799, 100],
  ]);
  expect([head, piece]).toEqual([content.subarray(0, 20), content.subarray(599, 649)]);
});

test('can be read from any place, and what was asked for ahead is given up then', async () => {
  const bucket = new BreakingBucket();
  const reader = new RangeReader({ bucket, object, endOffset: 1000, rangeBytes: 100 });
  await reader.read(0, Buffer.alloc(1));
  const piece = Buffer.alloc(30);
  await reader.read(700, piece);
  expect(piece).toEqual(content.subarray(700, 730));
});

test.each(['unfit', 'mismatch', 'missing', 'denied'] as const)('an answer that is %s is not asked for again', async (fault) => {
  const bucket = new BreakingBucket([0], () => new BucketFailure(fault, 'no'));
  const reader = new RangeReader({ bucket, object, endOffset: 50, rangeBytes: 50 });
  await expect(reader.read(0, Buffer.alloc(50))).rejects.toMatchObject({ fault });
  expect(bucket.asked).toHaveLength(1);
});

test('an endpoint that is away for too long fails the read that needs its bytes', async () => {
  const bucket = new BreakingBucket([0, 0, 0, 0]);
  const reader = new RangeReader({ bucket, object, endOffset: 50, rangeBytes: 50, createPatience: patient(2) });
  await expect(reader.read(0, Buffer.alloc(50))).rejects.toMatchObject({ fault: 'away' });
});
