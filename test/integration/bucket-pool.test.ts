/** Many workers, one bucket of a real Ceph, totals in Postgres: every object once, whoever dies. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import { bucketSource, CephBuckets, putObjects } from '../helpers/ceph-bed';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { sampleText, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const OBJECTS = 200;
/** 5 MiB and more are uploaded in parts. */
const LARGE_LINES = 700_000;
const KILL_EVERY_MS = 2_500;

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

test('200 objects, some uploaded in parts, are counted once each by three workers of which one is killed every few seconds', async () => {
  const [bucket, claims] = [await buckets.create(), await buckets.create()];
  const truth: Truth = new Map();
  const objects = Array.from({ length: OBJECTS }, (_, index) => {
    const isLarge = index % 50 === 7;
    return [`2026/11/usage-${index}.txt`, sampleText({ seed: index, lines: isLarge ? LARGE_LINES : 1_000 }, truth)] as const;
  });
  await putObjects(bucket, objects);
  bed = await TestBed.create({
    // Partials and checkpoints lie in a bucket, too.
    postgres: { ...postgres.options(), claimChecks: { ...claims, prefix: 'claims/' } },
    worker: { threads: 1 },
    environment: buckets.environment,
    source: bucketSource(bucket),
    // The scan starts all at once, so that a kill of whoever runs it holds up nobody.
    pipeline: { splitBytes: '2MiB', window: { files: OBJECTS } },
  });
  await Promise.all([bed.startWorker(), bed.startWorker(), bed.startWorker()]);
  await bed.startScan();
  const metrics: string[] = [];
  let killed = 0;
  for (let done = 0; done < OBJECTS; done = (await bed.files(['in'])).length) {
    await pause(KILL_EVERY_MS);
    // On a machine that is busy with other things the kills must not come faster than the work.
    await eventually('progress', async () => (await bed.files(['in'])).length >= Math.min(OBJECTS, done + OBJECTS / 10), 120_000);
    const [oldest] = bed.workers.filter(({ isRunning }) => isRunning);
    metrics.push(await (await fetch(oldest!.metricsAddress)).text());
    await oldest!.kill('SIGKILL');
    killed += 1;
    await bed.startWorker();
  }
  const rows = await bed.untilDone(OBJECTS, 120_000);
  process.stderr.write(`${OBJECTS} objects, ${killed} workers killed\n`);
  expect(rows.map(({ state }) => state)).toEqual(Array(OBJECTS).fill('in'));
  expect(killed).toBeGreaterThan(1);
  expect(await bed.sums()).toEqual(truth);
  const ledger = await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 10_000 });
  expect(ledger.filter(({ kind }) => kind === 'counted')).toHaveLength(OBJECTS);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  await expectNoCredential(metrics);
  const left = async () => (await new S3Bucket(claims).list({ prefix: '', after: '', versions: false })).objects.length;
  expect(await left()).toBeGreaterThan(OBJECTS);
  // What no file needs any more is removed after a scan.
  await bed.scan();
  expect(await left()).toBe(0);
}, 240_000);

/** In histories, logs and metrics alike. */
async function expectNoCredential(metrics: readonly string[]): Promise<void> {
  const histories: string[] = [];
  for await (const { workflowId, runId } of bed.client.workflow.list()) {
    histories.push(JSON.stringify(await bed.client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }
  expect(histories.length).toBeGreaterThan(OBJECTS);
  const lines = bed.workers.flatMap((worker) => worker.lines.map((line) => JSON.stringify(line)));
  expect(lines.length).toBeGreaterThan(OBJECTS);
  expect(metrics.every((text) => text.includes('tallyline_'))).toBe(true);
  const text = [...histories, ...lines, ...metrics].join('\n');
  // The same search finds what is there.
  expect(shapesOf('2026/11/usage-199.txt').filter((shape) => text.includes(shape)).length).toBeGreaterThan(1);
  for (const credential of [buckets.secret, buckets.accessKeyId]) {
    expect(shapesOf(credential).filter((shape) => text.includes(shape))).toEqual([]);
  }
}

/** As it is, and as base64 (which payloads of a history are) makes it look, whatever stands before and after. */
function shapesOf(text: string): string[] {
  const asBase64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
      .toString('base64')
      .slice(4, -4),
  );
  return [text, ...asBase64];
}

test('a directory and a bucket with the same files give the same totals, receipt by receipt', async () => {
  const bucket = await buckets.create();
  const other = 'from-bucket';
  bed = await TestBed.create({
    postgres: postgres.options(),
    environment: buckets.environment,
    pipeline: { splitBytes: '1MiB', policies: { rejects: { maxRatio: 1 }, unterminatedLastLine: 'count', duplicateContent: 'count' } },
    morePipelines: [
      {
        name: other,
        source: { id: 'bucket', quietPeriod: '0s', ...bucketSource(bucket) },
        schedule: { every: '1h' },
        splitBytes: '1MiB',
        policies: { rejects: { maxRatio: 1 }, unterminatedLastLine: 'count', duplicateContent: 'count' },
      },
    ],
  });
  const truth: Truth = new Map();
  const contents: [string, string][] = [
    ['empty.txt', ''],
    ['bom.txt', '\uFEFF1 2\n3 4\n'],
    ['cr.txt', '1 2\r\n\r\n3 4'],
    ['rejects.txt', 'x\n1 2\n1 2 3\n1 a\n 9\n'],
    ['ünï cödé & +%2F.txt', '5 6\n'],
    ['deep/er/large.txt', sampleText({ seed: 1, lines: 300_000 }, truth)],
  ];
  for (const [key, text] of contents) {
    await mkdir(dirname(join(bed.incoming, key)), { recursive: true });
    await writeFile(join(bed.incoming, key), text);
  }
  await putObjects(bucket, contents);
  await bed.startWorker();
  const scans = [PIPELINE, other].map((pipeline) =>
    bed.client.workflow.execute('scanWorkflow', {
      workflowId: `scan:${pipeline}:test`,
      taskQueue: 'tallyline-workflow',
      args: [{ pipeline, sourceId: pipeline === other ? 'bucket' : 'incoming' }],
    }),
  );
  await Promise.all(scans);
  const receiptsOf = async (pipeline: string) =>
    await eventually(`all files of ${pipeline}`, async () => {
      const rows = await bed.sink.listFiles({ pipeline, states: ['in'], afterSequence: 0, limit: 100 });
      if (rows.length < contents.length) return false;
      const receipts = rows.map(async ({ sourceKey, fileId }) => [sourceKey, await bed.sink.readReceipt(fileId)] as const);
      return new Map(await Promise.all(receipts));
    });
  const [fromDirectory, fromBucket] = await Promise.all([receiptsOf(PIPELINE), receiptsOf(other)]);
  expect(fromBucket).toEqual(fromDirectory);
  const totalsOf = async (pipeline: string) => (await bed.sink.readTotals({ pipeline, limit: 1_000 })).rows;
  expect(await totalsOf(other)).toEqual(await totalsOf(PIPELINE));
}, 120_000);
