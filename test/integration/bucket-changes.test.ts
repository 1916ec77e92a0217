/** Objects that are overwritten or deleted while they are counted, and gateways that die in the middle of a body. */
import type { BucketOptions } from '../../src/buckets/bucket-options';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { bucketSource, CephBuckets, putObject } from '../helpers/ceph-bed';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { sampleText, type Truth } from '../helpers/sample-files';
import { PIPELINE, SOURCE_ID, TestBed } from '../helpers/test-bed';

const MIB = 1024 * 1024;
/** About 4 MiB. */
const LINES = 500_000;
const SLOW = {
  worker: { readBytesPerSecond: 4 * MIB, threads: 2 },
  pipeline: { splitBytes: MIB, checkpoint: { bytes: MIB / 4, interval: '100ms' } },
};

let postgres: PostgresServer;
let buckets: CephBuckets;
let bed: TestBed;
beforeAll(async () => {
  [postgres, buckets] = await Promise.all([PostgresServer.start(), CephBuckets.start()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([postgres.remove(), buckets.stop()]);
});
afterEach(() => bed.destroy());

async function createBed(bucket: BucketOptions): Promise<TestBed> {
  return await TestBed.create({
    postgres: postgres.options(),
    environment: buckets.environment,
    source: bucketSource(bucket),
    worker: SLOW.worker,
    pipeline: SLOW.pipeline,
  });
}

/** Counts it until some of it is counted, and answers before the end. */
async function untilHalfCounted(): Promise<void> {
  const worker = await bed.startWorker();
  await bed.startScan();
  await eventually('some checkpoints', () => worker.logged('checkpoint stored').length > 3);
}

async function outcomes(): Promise<[string, string][]> {
  const rows = await bed.files();
  return rows.map((row) => [row.generation, row.reason ?? row.state]);
}

test('an object that is overwritten while it is counted is never mixed, and its new content is counted', async () => {
  const bucket = await buckets.create();
  await putObject(bucket, 'usage.txt', sampleText({ seed: 1, lines: LINES }, new Map()));
  bed = await createBed(bucket);
  await untilHalfCounted();
  const truth: Truth = new Map();
  await putObject(bucket, 'usage.txt', sampleText({ seed: 2, lines: 1_000 }, truth));
  await bed.untilDone(1);
  await bed.scan();
  const [[first, reason], [second, state]] = (await bed.untilDone(2).then(outcomes)) as [[string, string], [string, string]];
  expect(first).not.toBe(second);
  // The bytes of the old content are gone, so it counts not at all, and nothing of it stands in the way of the new.
  expect([reason, state]).toEqual(['changed', 'in']);
  expect(await bed.sums()).toEqual(truth);
}, 60_000);

test('in a bucket with versions the old content is counted to its end, and each changedFile policy decides about the new', async () => {
  const bucket = await buckets.create('enabled');
  const [old, fresh, both]: Truth[] = [new Map(), new Map(), new Map()];
  await putObject(bucket, 'usage.txt', sampleText({ seed: 1, lines: LINES }, old!));
  const expected: Record<string, { states: string[]; sums: Truth }> = {
    quarantine: { states: ['in', 'new_generation'], sums: old! },
    supersede: { states: ['superseded', 'in'], sums: fresh! },
    'count-new': { states: ['in', 'in'], sums: both! },
  };
  const policies = Object.keys(expected);
  const morePipelines = policies.map((changedFile) => ({
    name: changedFile,
    source: { id: SOURCE_ID, ...bucketSource(bucket) },
    schedule: { every: '1h' },
    heartbeatTimeout: '2s',
    ...SLOW.pipeline,
    policies: { changedFile },
  }));
  bed = await TestBed.create({
    postgres: postgres.options(),
    environment: buckets.environment,
    worker: { threads: 3, readBytesPerSecond: 6 * MIB },
    morePipelines,
  });
  const worker = await bed.startWorker();
  const scanAll = () => Promise.all(policies.map((pipeline) => bed.scanOf(pipeline)));
  const rowsOf = (pipeline: string) => bed.sink.listFiles({ pipeline, afterSequence: 0, limit: 10 });
  const untilDone = (files: number) =>
    eventually('all of them done', async () => {
      const rows = (await Promise.all(policies.map(rowsOf))).flat();
      return rows.length === files * policies.length && rows.every(({ state }) => !['seen', 'counting', 'counted'].includes(state));
    });
  const scanning = scanAll();
  await eventually('some checkpoints', () => worker.logged('checkpoint stored').length > 8);
  for (const [seed, lines] of [
    [1, LINES],
    [2, 1_000],
  ] as const)
    sampleText({ seed, lines }, both!);
  await putObject(bucket, 'usage.txt', sampleText({ seed: 2, lines: 1_000 }, fresh!));
  await scanning;
  await untilDone(1);
  for (const pipeline of policies) expect(await bed.sums(pipeline)).toEqual(old);
  await scanAll();
  await untilDone(2);
  for (const [pipeline, { states, sums }] of Object.entries(expected)) {
    expect((await rowsOf(pipeline)).map(({ reason, state }) => reason ?? state)).toEqual(states);
    expect(await bed.sums(pipeline)).toEqual(sums);
    expect(await bed.sink.verify({ pipeline })).toEqual([]);
  }
}, 90_000);

test('an object that is deleted while it is counted has vanished, and nothing of it is counted', async () => {
  const bucket = await buckets.create();
  await putObject(bucket, 'usage.txt', sampleText({ seed: 1, lines: LINES }, new Map()));
  bed = await createBed(bucket);
  await untilHalfCounted();
  await new S3Bucket(bucket).remove({ key: 'usage.txt', versionId: '' });
  await bed.untilDone(1);
  expect((await outcomes()).map(([, state]) => state)).toEqual(['vanished']);
  expect(await bed.sums()).toEqual(new Map());
}, 60_000);

test('a gateway that is killed in the middle of bodies, and the disk behind it, quarantine nothing: all is counted when they are back', async () => {
  const bucket = await buckets.create();
  const truth: Truth = new Map();
  const objects = 6;
  for (let index = 0; index < objects; index += 1) {
    await putObject(bucket, `usage-${index}.txt`, sampleText({ seed: index, lines: LINES }, truth));
  }
  bed = await createBed(bucket);
  await untilHalfCounted();
  for (const daemon of ['rgw', 'rgw', 'osd'] as const) {
    const counted = (await bed.files(['in'])).length;
    await buckets.ceph.kill(daemon);
    await buckets.ceph.startAgain(daemon);
    expect((await bed.files()).filter(({ state }) => state === 'quarantined')).toEqual([]);
    await eventually('it goes on', async () => (await bed.files(['in'])).length > Math.min(counted, objects - 1), 90_000);
  }
  const rows = await bed.untilDone(objects, 120_000);
  expect(rows.map(({ state }) => state)).toEqual(Array(objects).fill('in'));
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}, 240_000);
