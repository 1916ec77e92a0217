/** One CephFS, mounted by two hosts: workers that each see it under a path of their own count its files once. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { generationOf } from '../../src/sources/file-generation';
import { CephCluster } from '../helpers/ceph-cluster';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed, WorkerChild } from '../helpers/test-bed';

const FILES = 20;
const LARGE = 'large.txt';
/** About 4 MiB, read so slowly that its worker dies in the middle of it. */
const LARGE_LINES = 500_000;
const MIB = 1024 * 1024;
/** Who looks at what another host wrote just now waits for the next tick of the metadata server, which comes every 5 s by itself. */
const QUICK = { mds_tick_interval: '0.2' };

let ceph: CephCluster;
let postgres: PostgresServer;
let folder: string;
/** As two hosts have it. */
let mounts: readonly [string, string];
let bed: TestBed;
beforeAll(async () => {
  [postgres, ceph] = await Promise.all([PostgresServer.start(), CephCluster.start({ cephfs: true, settings: QUICK })]);
  folder = await mkdtemp(join(tmpdir(), 'tallyline-shared-'));
  mounts = [join(folder, 'host-a'), join(folder, 'host-b')];
  for (const mount of mounts) {
    await mkdir(mount);
    await ceph.mount(mount);
  }
}, 120_000);
afterEach(() => bed.destroy());
afterAll(async () => {
  await Promise.all([postgres.remove(), ceph.stop()]);
  await rm(folder, { recursive: true, force: true });
});

test('files of a shared file system are counted once each by two hosts, and what a host that dies was counting is taken over', async () => {
  const [here, there] = mounts;
  bed = await TestBed.create({
    postgres: postgres.options(),
    source: { root: join(here, 'incoming') },
    pipeline: { splitBytes: '16MiB', checkpoint: { bytes: MIB / 4, interval: '100ms' } },
    worker: { threads: 1, readBytesPerSecond: 2 * MIB },
  });
  await mkdir(join(here, 'incoming'));
  const truth: Truth = new Map();
  await writeSample(join(here, 'incoming'), LARGE, { seed: 0, lines: LARGE_LINES }, truth);
  for (let index = 1; index < FILES; index += 1) {
    await writeSample(join(here, 'incoming'), `usage-${index}.txt`, { seed: index, lines: 500 }, truth);
  }
  expect(await generations(there)).toEqual(await generations(here));

  // One host lists what both count.
  await Promise.all([startWorkerAt(there, 'orchestrate,scan,apply'), startWorkerAt(there, 'count'), startWorkerAt(here, 'count')]);
  await bed.startScan();
  const fileId = await eventually('the large file', async () => (await bed.files()).find(({ sourceKey }) => sourceKey === LARGE)?.fileId);
  const worksOn = (worker: WorkerChild) => worker.logged('checkpoint stored').some((line) => line['fileId'] === fileId);
  const counting = await eventually('checkpoints of the large file', () => bed.workers.find(worksOn));
  await counting.kill('SIGKILL');
  const rows = await bed.untilDone(FILES, 60_000);

  expect(rows.map(({ state }) => state)).toEqual(Array(FILES).fill('in'));
  const other = await eventually('its checkpoints by another worker', () =>
    bed.workers.find((worker) => worker !== counting && worksOn(worker)),
  );
  const begun = await eventually('the log of the split that goes on', () => {
    return other.logged('split begins').find((line) => line['fileId'] === fileId);
  });
  expect(begun).toMatchObject({ isResumed: true });
  expect(Number(begun['fromOffset'])).toBeGreaterThan(0);
  expect(await bed.sums()).toEqual(truth);
  const ledger = await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 1_000 });
  expect(ledger.map(({ kind }) => kind)).toEqual(Array(FILES).fill('counted'));
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  expect(await bed.scan()).toMatchObject({ complete: true, listed: FILES, registered: 0, quarantined: 0 });
}, 120_000);

/** Each host has a configuration of its own, which differs in the root alone. */
async function startWorkerAt(mount: string, roles: string): Promise<void> {
  const config = parse(await readFile(bed.configPath, 'utf8')) as { pipelines: { source: { root: string } }[] };
  for (const { source } of config.pipelines) source.root = join(mount, 'incoming');
  const path = join(bed.folder, `${basename(mount)}.yaml`);
  await writeFile(path, stringify(config));
  const worker = new WorkerChild(['worker', '--config', path, '--roles', roles], {});
  bed.workers.push(worker);
  await worker.ready;
}

async function generations(mount: string): Promise<Record<string, string>> {
  const names = await readdir(join(mount, 'incoming'));
  const entries = names.sort().map(async (name) => [name, generationOf(await stat(join(mount, 'incoming', name), { bigint: true }))]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}
