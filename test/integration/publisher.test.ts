/**
 * The deployment with agents at the emitters: two agents and two apply workers as processes, a real Ceph between them, totals in Postgres.
 * The agents' configurations name no database.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Bucket } from '../../src/buckets/s3-bucket';
import type { BucketOptions } from '../../src/buckets/bucket-options';
import { AgentChild } from '../helpers/agent-child';
import { CephBuckets } from '../helpers/ceph-bed';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { sampleText, writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed, type WorkerChild } from '../helpers/test-bed';

const MIB = 1024 ** 2;
const FILES = 6;
const PREFIX = 'exchange/';

let postgres: PostgresServer;
let buckets: CephBuckets;
let bed: TestBed;
let bucket: BucketOptions;
let exchange: Record<string, unknown>;
beforeAll(async () => {
  [postgres, buckets] = await Promise.all([PostgresServer.start(), CephBuckets.start()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([postgres.remove(), buckets.stop()]);
});

const source = { kind: 'agent', root: './volume', quietPeriod: '0s', awayAfter: '2s' };
const pipeline = {
  name: PIPELINE,
  source,
  schedule: { every: '1s' },
  splitBytes: '1MiB',
  heartbeatTimeout: '2s',
  checkpoint: { bytes: MIB / 4, interval: '100ms' },
};

beforeEach(async () => {
  bucket = await buckets.create();
  const { endpoint, region } = bucket;
  exchange = { bucket: bucket.bucket, endpoint, region, prefix: PREFIX };
  bed = await TestBed.create({
    postgres: postgres.options(),
    environment: buckets.environment,
    more: { exchange },
    source,
    pipeline: { schedule: { every: '1s' }, splitBytes: '1MiB', policies: { duplicateContent: 'count' } },
  });
});
afterEach(() => bed.destroy());

function createAgent(name: string, worker: Record<string, unknown> = {}): Promise<AgentChild> {
  return AgentChild.create({ bed, name, exchange, pipeline, worker, environment: buckets.environment });
}

function sourceIdOf(agent: WorkerChild): string {
  return (agent.logged('agent is ready')[0]?.['sources'] as Record<string, string>)[PIPELINE]!;
}

async function leftInExchange(prefix = ''): Promise<string[]> {
  const { objects } = await new S3Bucket(bucket).list({ prefix: PREFIX + prefix, after: '', versions: false });
  return objects.map(({ key }) => key.slice(PREFIX.length));
}

function mostPerSplit(names: readonly string[]): number {
  const splits = names.map((name) => name.slice(0, name.lastIndexOf('/')));
  return Math.max(0, ...splits.map((split) => splits.filter((other) => other === split).length));
}

test('two agents with equal paths, of which one is killed in mid-file and moves, and two apply workers: every file once', async () => {
  const truth: Truth = new Map();
  const slow = { readBytesPerSecond: MIB };
  const [one, two] = [await createAgent('host-1', slow), await createAgent('host-2')];
  // The same names and, of one of them, the same content on both.
  for (const [index, agent] of [one, two].entries()) {
    for (let file = 0; file < FILES; file += 1)
      await writeSample(agent.volume, `usage-${file}.txt`, { seed: 100 * index + file, lines: 2_000 }, truth);
    await writeSample(agent.volume, 'same.txt', { seed: 7, lines: 500 }, truth);
  }
  await writeSample(one.volume, 'large.txt', { seed: 8, lines: 400_000, keys: 2_000 }, truth);
  const workers = await Promise.all([bed.startWorker('orchestrate,apply'), bed.startWorker('orchestrate,apply')]);
  const [first, second] = await Promise.all([one.start(), two.start('--source-id', 'host-two')]);
  const sourceIds = [sourceIdOf(first), sourceIdOf(second)];
  expect(sourceIds).toEqual([expect.stringMatching(/^agent-[0-9a-f]{12}$/), 'host-two']);

  // Of one split: the heartbeat that names the last one may be lost with the kill.
  await eventually(
    'some checkpoints of one split',
    async () => mostPerSplit(await leftInExchange(`${sourceIds[0]}/checkpoints/`)) >= 4,
    60_000,
  );
  await first.kill('SIGKILL');
  const told = () => workers.flatMap((worker) => worker.logged('work waits for an agent that takes none'));
  // Then its work was given up by Temporal, and with it what its heartbeats said.
  await eventually('the word that it is away', async () => told().length > 0, 60_000);
  // To another host, with everything that lies on it.
  const moved = await createAgent('host-3', slow);
  await rename(one.volume, moved.volume);
  const third = await moved.start();
  expect(sourceIdOf(third)).toBe(sourceIds[0]);

  const rows = await bed.untilDone(2 * (FILES + 1) + 1, 120_000);
  expect(rows.map(({ state, reason }) => [state, reason])).toEqual(Array(rows.length).fill(['in', null]));
  expect(rows).toHaveLength(2 * (FILES + 1) + 1);
  expect(new Set(rows.map(({ sourceId }) => sourceId))).toEqual(new Set(sourceIds));
  expect(await bed.sums()).toEqual(truth);
  await eventually('the log of a split that goes on', () => third.logged('split begins').some(({ isResumed }) => isResumed === true));
  const ledger = await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 1_000 });
  expect(ledger.filter(({ kind }) => kind === 'counted')).toHaveLength(rows.length);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  // What no file needs any more is removed with a later scan; listings are kept for a while.
  await eventually('an exchange of listings alone', async () => (await leftInExchange()).every((name) => name.includes('/listings/')));
  for (const agent of [one, two, moved]) expect(await readFile(agent.configPath, 'utf8').catch(() => '')).not.toContain('sink');
}, 240_000);

test('a file that changes while an agent counts it is set aside, and one whose records nobody can read as well', async () => {
  const agent = await createAgent('host-1', { readBytesPerSecond: MIB / 4 });
  const large = sampleText({ seed: 1, lines: 200_000 }, new Map());
  await writeFile(join(agent.volume, 'changes.txt'), large);
  await writeFile(join(agent.volume, 'rejects.txt'), 'no number\n');
  await bed.startWorker('orchestrate,apply');
  const child = await agent.start('--source-id', 'host-one');
  await eventually(
    'the count under way',
    async () => child.logged('split begins').some(({ sourceKey }) => sourceKey === 'changes.txt'),
    60_000,
  );
  await writeFile(join(agent.volume, 'changes.txt'), `${large}1 1\n`);
  // The next generation of it comes as soon as it is there, and is another row.
  const ends = await eventually(
    'both set aside',
    async () => {
      const found = (await bed.files(['quarantined'])).map(({ sourceKey, reason, detail }) => ({ end: `${sourceKey}: ${reason}`, detail }));
      return ['rejects.txt: reject_budget', 'changes.txt: changed'].every((wanted) => found.some(({ end }) => end === wanted)) && found;
    },
    60_000,
  );
  expect(ends.find(({ end }) => end === 'changes.txt: changed')?.detail).toMatch(/^"changes\.txt" of source "host-one" changed: /);
}, 120_000);

test('files of an agent that is away wait and are told of; a backfill names the agent; another name for its volume is refused', async () => {
  const agent = await createAgent('host-1');
  const truth: Truth = new Map();
  await writeSample(agent.volume, 'waits.txt', { seed: 1, lines: 1_000 }, truth);
  const worker = await bed.startWorker('orchestrate,apply');
  const input = { pipeline: PIPELINE, prefix: 'waits', sourceId: 'host-one' };
  const options = { taskQueue: 'tallyline-workflow', workflowId: 'backfill-of-an-agent', args: [input] };
  const backfill = await bed.client.workflow.start('backfillWorkflow', options);
  const told = () => worker.logged('work waits for an agent that takes none');
  await eventually('the word that it is away', async () => told().length > 0, 60_000);
  expect(told()[0]).toMatchObject({ code: 'agent_away', pipeline: PIPELINE, sourceId: 'host-one' });
  const metrics = await (await fetch(worker.metricsAddress)).text();
  expect(metrics).toMatch(/^tallyline_agent_away_total\{pipeline="usage"\} [1-9]/m);

  const child = await agent.start('--source-id', 'host-one');
  expect(await backfill.result()).toMatchObject({ complete: true, matched: 1 });
  await bed.untilDone(1);
  expect(await bed.sums()).toEqual(truth);
  await child.kill('SIGTERM');
  await expect(agent.start('--source-id', 'host-two')).rejects.toThrow(/is source host-one by its file/);
}, 120_000);
