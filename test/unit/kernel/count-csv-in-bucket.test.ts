/** Splits of CSV read from a bucket: the header costs each of them one small request. */
import { decodePartial } from '../../../src/core/partial-codec';
import { DEFAULT_COMPRESSION } from '../../../src/core/compression';
import { DEFAULT_CSV_FORMAT } from '../../../src/core/format';
import { BUCKET_RANGE_BYTES, HEAD_CHUNK_BYTES, SPLIT_BOUND_BYTES } from '../../../src/core/limits';
import { makePlan } from '../../../src/core/plan';
import { countSplit } from '../../../src/kernel/count-split';
import { BucketSource } from '../../../src/sources/bucket-source';
import type { ReadRequest } from '../../../src/buckets/bucket';
import { MemoryBucket } from '../../helpers/memory-bucket';

class RecordingBucket extends MemoryBucket {
  readonly asked: [number, number][] = [];
  override read(...[object, request]: [Parameters<MemoryBucket['read']>[0], ReadRequest]): AsyncGenerator<Uint8Array> {
    this.asked.push([request.offset, request.length]);
    return super.read(object, request);
  }
}

test('a split in the middle asks for the head of the object alone, then for its own bytes ahead', async () => {
  const text = Buffer.from(`amount,consumer\n${Array.from({ length: 400_000 }, (_, index) => `${index % 10},k${index % 3}\n`).join('')}`);
  const bucket = new RecordingBucket();
  await bucket.put('a.csv', text);
  const identity = { sourceId: 'in', bucket: 'in', region: 'us-east-1', pathStyle: true, requests: 8, prefix: '' };
  const source = new BucketSource({ kind: 's3', ...identity, include: ['**'], exclude: [], keysAreUnique: false }, bucket);
  const file = (await source.look('a.csv'))!;
  const plan = makePlan({
    format: { ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer'], valueColumn: 'amount' },
    ...{ compression: DEFAULT_COMPRESSION, periodRule: { kind: 'none' }, sizeBytes: text.length, splitBytes: SPLIT_BOUND_BYTES },
    ...{ sourceKey: 'a.csv', firstSeenMs: 0 },
  });
  expect(plan.splits.length).toBeGreaterThan(1);
  const opened = await source.open(file, plan.splits[1]);
  const { blob, header } = await countSplit({
    ...{ source: opened, plan, splitIndex: 1, signal: new AbortController().signal },
    ...{ checkpointBytes: Infinity, checkpointIntervalMs: Infinity, onCheckpoint: () => undefined },
  });
  await opened.close();
  expect(bucket.asked[0]).toEqual([0, HEAD_CHUNK_BYTES]);
  const [own, ...others] = bucket.asked.slice(1);
  expect(own?.[0]).toBe(SPLIT_BOUND_BYTES - 1);
  expect(own?.[1]).toBeLessThanOrEqual(BUCKET_RANGE_BYTES);
  expect(others.every(([offset]) => offset > SPLIT_BOUND_BYTES)).toBe(true);
  expect(header.accounting).toMatchObject({ rejects: {}, blanks: 0 });
  expect(decodePartial(blob).entries).toHaveLength(3);
  await source.close();
});
