/**
 * The S3 source against a plain ranged download of the same object with the same SDK, from a Ceph gateway on loopback. In turn: a
 * counter that only reads, the plain download, and the real counter on two threads, as a worker has them, with its digests.
 * `node bench/run.js s3-read [pairs] [MiB]`
 * The plain download asks for ranges of the same size, as many at once, and drops what comes.
 */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { S3Bucket } from '../src/buckets/s3-bucket';
import { s3Client } from '../src/buckets/s3-client';
import type { BucketOptions } from '../src/buckets/bucket-options';
import type { SplitCounter } from '../src/core/counter';
import { DEFAULT_COMPRESSION } from '../src/core/compression';
import { DEFAULT_FORMAT } from '../src/core/format';
import { BUCKET_RANGE_BYTES, BUCKET_RANGES_AHEAD, CHUNK_BYTES } from '../src/core/limits';
import { NO_ENTRIES } from '../src/core/entry-codec';
import { type PartialHeader } from '../src/core/partial-codec';
import { makePlan, type Plan } from '../src/core/plan';
import { countSplit } from '../src/kernel/count-split';
import { ThreadPool } from '../src/kernel/thread-pool';
import { BucketSource } from '../src/sources/bucket-source';
import { CephBuckets, putObject } from '../test/helpers/ceph-bed';
import { seededRandom } from '../test/helpers/seeded-random';

const PAIRS = Number(process.argv[3] ?? 5);
const OBJECT_BYTES = Number(process.argv[4] ?? 256) * 1024 ** 2;
const KEY = 'usage.txt';
const THREADS = 2;

async function main(): Promise<void> {
  const buckets = await CephBuckets.start();
  const pool = new ThreadPool({ threads: THREADS });
  try {
    const bucket = await buckets.create();
    const content = makeContent();
    await putObject(bucket, KEY, content);
    const digest = createHash('sha256').update(content).digest('hex');
    await check(bucket, digest);
    const runs: { reads: number; plain: number; counts: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const reads = await measure(() => count(bucket, () => readingOnly()));
      const plain = await measure(() => downloadPlainly(bucket, () => undefined));
      const counts = await measure(() => countOnThreads(bucket, pool));
      runs.push({ reads, plain, counts });
      process.stdout.write(`run ${pair + 1}: source ${show(reads)}, plain download ${show(plain)}, with the counter ${show(counts)}\n`);
    }
    const ratio = median(runs.map(({ reads, plain }) => plain / reads));
    const counted = median(runs.map(({ counts, plain }) => plain / counts));
    process.stdout.write(
      `medians of ${PAIRS}: the source reads at ${ratio.toFixed(2)} of a plain download, and counts at ${counted.toFixed(2)} of it\n`,
    );
  } finally {
    await pool.close();
    await buckets.stop();
  }
}

/** One split a thread. */
async function countOnThreads(bucket: BucketOptions, pool: ThreadPool): Promise<void> {
  const sourceOptions = optionsOf(bucket);
  const file = (await new BucketSource(sourceOptions, new S3Bucket(bucket)).look(KEY))!;
  const plan = planOf(file.sizeBytes, Math.ceil(file.sizeBytes / THREADS));
  const never = { resume: null, checkpointBytes: Infinity, checkpointIntervalMs: Infinity, readBytesPerSecond: undefined };
  const { signal } = new AbortController();
  const counted = await Promise.all(
    plan.splits.map((_, splitIndex) => pool.run({ sourceOptions, file, plan, splitIndex, ...never }, { signal })),
  );
  if (counted.at(-1)?.nextOffset !== file.sizeBytes) throw new Error('not all was counted');
}

/** Both bring the very bytes of the object, before any speed is printed. */
async function check(bucket: BucketOptions, digest: string): Promise<void> {
  const plain = Buffer.alloc(OBJECT_BYTES);
  await downloadPlainly(bucket, (offset, chunk) => void chunk.copy(plain, offset));
  const ofSource = createHash('sha256');
  await count(bucket, () => readingOnly((chunk) => ofSource.update(chunk)));
  const digests = [createHash('sha256').update(plain).digest('hex'), ofSource.digest('hex')];
  if (digests.some((found) => found !== digest)) throw new Error('the bytes differ');
}

function optionsOf(bucket: BucketOptions) {
  return { kind: 's3', sourceId: 'bench', prefix: '', include: ['**/*'], exclude: [], keysAreUnique: false, ...bucket } as const;
}

function planOf(sizeBytes: number, splitBytes: number): Plan {
  const settings = { format: DEFAULT_FORMAT, periodRule: { kind: 'none' }, compression: DEFAULT_COMPRESSION } as const;
  return makePlan({ ...settings, sizeBytes, splitBytes, sourceKey: KEY, firstSeenMs: 0 });
}

async function count(bucket: BucketOptions, createCounter: () => SplitCounter): Promise<void> {
  const source = new BucketSource(optionsOf(bucket), new S3Bucket(bucket));
  const file = (await source.look(KEY))!;
  const plan = planOf(file.sizeBytes, file.sizeBytes);
  const opened = await source.open(file, plan.splits[0]);
  const never = { checkpointBytes: Infinity, checkpointIntervalMs: Infinity, onCheckpoint: () => undefined };
  const { signal } = new AbortController();
  await countSplit({ source: opened, plan, splitIndex: 0, signal, ...never, createCounter });
  await opened.close();
}

function readingOnly(onChunk: (chunk: Uint8Array) => void = () => undefined): SplitCounter {
  const memory = new Uint8Array(CHUNK_BYTES);
  let readOffset = 0;
  return {
    get readOffset() {
      return readOffset;
    },
    get nextOffset() {
      return readOffset;
    },
    get isComplete() {
      return readOffset === OBJECT_BYTES;
    },
    push: (chunk) => {
      onChunk(chunk);
      readOffset += chunk.length;
    },
    end: () => undefined,
    buffer: (sizeBytes) => memory.subarray(0, sizeBytes),
    header: () => ({}) as PartialHeader,
    encode: () => new Uint8Array(),
    entries: () => NO_ENTRIES,
    close: () => undefined,
  };
}

async function downloadPlainly(options: BucketOptions, onChunk: (offset: number, chunk: Buffer) => void): Promise<void> {
  const client = s3Client(options);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < OBJECT_BYTES) {
      let offset = next;
      next += BUCKET_RANGE_BYTES;
      const Range = `bytes=${offset}-${Math.min(OBJECT_BYTES, next) - 1}`;
      const { Body } = await client.send(new GetObjectCommand({ Bucket: options.bucket, Key: KEY, Range }));
      for await (const chunk of Body as unknown as AsyncIterable<Buffer>) {
        onChunk(offset, chunk);
        offset += chunk.length;
      }
    }
  };
  await Promise.all(Array.from({ length: BUCKET_RANGES_AHEAD }, work));
}

function makeContent(): Buffer {
  const content = Buffer.alloc(OBJECT_BYTES, '\n');
  const random = seededRandom(1);
  for (let offset = 0; ;) {
    const line = `${Math.floor(random() * 10_000)} ${Math.floor(random() * 100_000)}\n`;
    if (offset + line.length > OBJECT_BYTES) return content;
    offset += content.write(line, offset, 'latin1');
  }
}

async function measure(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return (performance.now() - startedAtMs) / 1000;
}

function show(seconds: number): string {
  return `${(OBJECT_BYTES / 1e6 / seconds).toFixed(0)} MB/s`;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

void main();
