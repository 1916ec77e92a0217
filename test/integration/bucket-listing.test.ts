/** Buckets of a real Ceph, listed and counted: what is in them counts once, whatever its key, its date, and what becomes of a listing. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import type { BucketOptions } from '../../src/buckets/bucket-options';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { s3Client } from '../../src/buckets/s3-client';
import { findFile } from '../../src/cli/with-sink';
import { toObjectSourceKey } from '../../src/sources/object-key';
import { ODD_KEYS } from '../contract/bucket-keys';
import { bucketSource, CephBuckets, putObjects } from '../helpers/ceph-bed';
import { S3FaultProxy } from '../helpers/s3-fault-proxy';
import { errorAnswer, smallPages } from '../helpers/s3-faults';
import { sampleText, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const IS_LONG = process.env['TALLYLINE_LONG'] === '1';
const OBJECTS = IS_LONG ? 10_000 : 200;
/** Of a listing of S3. */
const PAGE_KEYS = 1_000;
/** Most of it is the worker of Temporal, with the workflows that it keeps at hand. */
const WORKER_RSS_BYTES_MAX = 600_000_000;
const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const run = promisify(execFile);

let buckets: CephBuckets;
let bed: TestBed;
beforeAll(async () => {
  buckets = await CephBuckets.start();
}, 120_000);
afterAll(() => buckets.stop());
afterEach(() => bed.destroy());

async function startBed(bucket: BucketOptions): Promise<void> {
  bed = await TestBed.create({ environment: buckets.environment, source: bucketSource(bucket) });
  await bed.startWorker();
}

async function tallyline(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [BIN, ...args, '--config', bed.configPath], { timeout: 60_000 })).stdout;
}

/** Over all workers. */
async function metric(name: string): Promise<number[]> {
  const texts = await Promise.all(bed.workers.map(async ({ metricsAddress }) => await (await fetch(metricsAddress)).text()));
  return texts.map((text) => Number(new RegExp(`^${name}(?:{[^}]*})? (.*)$`, 'm').exec(text)?.[1]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function expectEachCountedOnce(objects: number): Promise<void> {
  const ledger = await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 100_000 });
  const counted = ledger.filter(({ kind }) => kind === 'counted').map(({ fileId }) => fileId);
  expect([ledger.length, new Set(counted).size]).toEqual([objects, objects]);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}

test(
  `${OBJECTS} objects are listed page by page and counted once each, and what listing costs is told`,
  async () => {
    const bucket = await buckets.create();
    const truth: Truth = new Map();
    const startedAtMs = Date.now();
    await putObjects(
      bucket,
      Array.from({ length: OBJECTS }, (_, index) => [`2026/11/usage-${index}.txt`, sampleText({ seed: index, lines: 20 }, truth)] as const),
    );
    const putAtMs = Date.now();
    await startBed(bucket);
    await bed.startWorker();
    const listRequests = Math.ceil(OBJECTS / PAGE_KEYS);
    const nothing = { complete: true, unsettled: 0, quarantined: 0, listRequests };
    expect(await bed.scan()).toMatchObject({ ...nothing, listed: OBJECTS, registered: OBJECTS, started: OBJECTS });
    const rows = await bed.untilDone(OBJECTS, 600_000);
    expect(rows.map(({ state }) => state)).toEqual(Array(OBJECTS).fill('in'));
    const countedAtMs = Date.now();
    expect(await bed.scan()).toMatchObject({ ...nothing, listed: OBJECTS, registered: 0, started: 0 });
    expect(sum(await metric('tallyline_list_requests_total'))).toBe(2 * listRequests);
    expect(await bed.sums()).toEqual(truth);
    await expectEachCountedOnce(OBJECTS);
    const residentBytes = Math.max(...(await metric('process_resident_memory_bytes')));
    const seconds = [putAtMs - startedAtMs, countedAtMs - putAtMs, Date.now() - countedAtMs].map((ms) => (ms / 1000).toFixed(1));
    process.stderr.write(
      `${OBJECTS} objects: put in ${seconds[0]} s, counted in ${seconds[1]} s, looked at again and verified in ${seconds[2]} s, ` +
        `a worker at most ${Math.round(residentBytes / 1e6)} MB resident\n`,
    );
    expect(residentBytes).toBeLessThan(WORKER_RSS_BYTES_MAX);
  },
  IS_LONG ? 1_800_000 : 120_000,
);

test('objects with odd keys are counted, and found by files and receipt under the sourceKey that they print', async () => {
  const bucket = await buckets.create();
  const keys = [
    ...Object.values(ODD_KEYS),
    'a+b %&?=c',
    // What a sourceKey says longest: each byte of it escaped.
    ...['\u0001', '\u0080'].map((character) => character.repeat(1024 / Buffer.byteLength(character))),
  ];
  const objects = keys.map((key, index) => [key, `${index} ${index + 1}\n`] as const);
  await putObjects(bucket, objects);
  await startBed(bucket);
  expect(await bed.scan()).toMatchObject({ complete: true, listed: keys.length, registered: keys.length, quarantined: 0 });
  await bed.untilDone(keys.length);
  expect(await bed.sums()).toEqual(new Map(keys.map((_, index) => [String(index), BigInt(index + 1)])));
  await expectEachCountedOnce(keys.length);

  const printed = (JSON.parse(await tallyline('files', '--output', 'json')) as { sourceKey: string; fileId: string; state: string }[]).map(
    ({ sourceKey, state }) => [sourceKey, state],
  );
  expect(printed.sort()).toEqual(keys.map((key) => [toObjectSourceKey(key), 'in']).sort());
  for (const [key, sourceKey] of [
    ['a+b %&?=c', 'a+b %&?=c'],
    ['a\nb', 'a\\x0ab'],
    ['a\\b', 'a\\\\b'],
    ['//a', '//a'],
    ['a/../b', 'a/../b'],
    ['\u00e9'.repeat(512), '\u00e9'.repeat(512)],
    ['\u0001'.repeat(1024), '\\x01'.repeat(1024)],
  ] as const) {
    const receipt = JSON.parse(await tallyline('receipt', sourceKey, '--output', 'json')) as Record<string, unknown>;
    expect([sourceKey, receipt]).toMatchObject([sourceKey, { records: 1, bytes: objects[keys.indexOf(key)]?.[1].length }]);
  }
  // The others are found in the same way, without a process for each.
  const found = await Promise.all(printed.map(async ([sourceKey]) => (await findFile(bed.sink, PIPELINE, sourceKey ?? '')).sourceKey));
  expect(found).toEqual(printed.map(([sourceKey]) => sourceKey));
}, 120_000);

test('late objects are found by the next scan that is not interrupted, with names before all that were seen, and with older dates', async () => {
  const bucket = await buckets.create('enabled');
  await putObjects(bucket, [['d/late-date', 'd 10\n']]);
  // A delete marker hides it. Once that is taken away it is there again, with the date that it had.
  await new S3Bucket(bucket).remove({ key: 'd/late-date', versionId: '' });
  const early = Array.from({ length: 20 }, (_, index) => `k/${String(index).padStart(2, '0')}`);
  await putLines(bucket, early);
  const proxy = await S3FaultProxy.start(buckets.ceph.endpoint, buckets.ceph.credentials);
  let isInterrupted = false;
  const isAfterSome = (target: string) => target.includes('key-marker=k%2F0');
  proxy.inject(errorAnswer('AccessDenied'), { kind: 'list', when: ({ target }) => isInterrupted && isAfterSome(target) });
  proxy.inject(smallPages(5), { kind: 'list' });
  try {
    await startBed({ ...bucket, endpoint: proxy.endpoint });
    expect(await bed.scan()).toMatchObject({ complete: true, listed: 20, registered: 20 });
    await bed.untilDone(20);
    const late = ['a', 'c/older-name', 'k/055', 'z'];
    await putLines(bucket, late);
    await removeDeleteMarker(bucket, 'd/late-date');
    expect((await keysByDate(bucket))[0]).toBe('d/late-date');
    isInterrupted = true;
    expect(await bed.scan()).toMatchObject({ complete: false, problem: expect.stringContaining('[source_unavailable]') as string });
    isInterrupted = false;
    expect(await bed.scan()).toMatchObject({ complete: true, listed: 25, registered: 5, started: 5 });
    await bed.untilDone(25);
    expect(await bed.sums()).toEqual(new Map([...early, ...late, 'd'].map((key) => [key, 10n])));
    await expectEachCountedOnce(25);
  } finally {
    await proxy.stop();
  }
}, 120_000);

/** Each object has one line, of its own key. */
async function putLines(bucket: BucketOptions, keys: readonly string[]): Promise<void> {
  await putObjects(
    bucket,
    keys.map((key) => [key, `${key} 10\n`]),
  );
}

async function removeDeleteMarker(bucket: BucketOptions, key: string): Promise<void> {
  const { DeleteMarkers } = await s3Client(bucket).send(new ListObjectVersionsCommand({ Bucket: bucket.bucket, Prefix: key }));
  await new S3Bucket(bucket).remove({ key, versionId: DeleteMarkers?.[0]?.VersionId ?? '' });
}

async function keysByDate(bucket: BucketOptions): Promise<string[]> {
  const { objects } = await new S3Bucket(bucket).list({ prefix: '', after: '', versions: true });
  return [...objects].sort((left, right) => left.modifiedAtMs - right.modifiedAtMs).map(({ key }) => key);
}
