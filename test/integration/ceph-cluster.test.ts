/** The cluster that other tests stand on: what it keeps, and that nothing of it is left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CephCluster } from '../helpers/ceph-cluster';
import { eventually } from '../helpers/eventually';
import { signS3Request } from '../helpers/s3-signature';

let cluster: CephCluster;

beforeAll(async () => {
  const startedAtMs = performance.now();
  cluster = await CephCluster.start({ cephfs: true });
  process.stderr.write(`A fresh cluster with CephFS took ${Math.round(performance.now() - startedAtMs)} ms\n`);
});
afterAll(() => cluster.stop());

async function put(target: string, body: string): Promise<void> {
  expect((await cluster.request('PUT', target, body)).status).toBe(200);
}

test('a bucket with versioning keeps what was overwritten', async () => {
  await cluster.createBucket('versions', { versioning: 'enabled' });
  await put('/versions/a', 'first');
  const first = (await cluster.request('HEAD', '/versions/a')).headers.get('x-amz-version-id');
  await put('/versions/a', 'second');
  expect(await (await cluster.request('GET', `/versions/a?versionId=${String(first)}`)).text()).toBe('first');
});

test('a wrong secret is refused', async () => {
  const request = { method: 'GET', host: new URL(cluster.endpoint).host, target: '/' };
  const statuses = [cluster.secretAccessKey, 'wrong'].map(async (secretAccessKey) => {
    const headers = signS3Request(request, { accessKeyId: cluster.accessKeyId, secretAccessKey });
    return (await fetch(cluster.endpoint, { headers })).status;
  });
  expect(await Promise.all(statuses)).toEqual([200, 403]);
});

test('CephFS is a folder until it is unmounted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-mount-'));
  const mount = await cluster.mount(folder);
  writeFileSync(join(folder, 'a.txt'), '7 881\n');
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('7 881\n');
  await mount.kill();
  expect(() => readFileSync(join(folder, 'a.txt'))).toThrow('ENOTCONN');
  await mount.stop();
  expect(existsSync(join(folder, 'a.txt'))).toBe(false);
  rmdirSync(folder);
});

test.each(['rgw', 'osd', 'mon'] as const)('objects outlast a %s that is killed', async (daemon) => {
  await cluster.createBucket(`outlasts-${daemon}`);
  const target = `/outlasts-${daemon}/a`;
  await put(target, daemon);
  const killed = cluster.pid(daemon);
  await cluster.kill(daemon);
  expect(isAlive(killed)).toBe(false);
  if (daemon === 'rgw') await expect(cluster.request('GET', target)).rejects.toThrow('fetch failed');
  await cluster.startAgain(daemon);
  expect(await (await cluster.request('GET', target)).text()).toBe(daemon);
});

test('nothing is left of a cluster whose test was killed', async () => {
  const script = `
    const { CephCluster } = require('./ceph-cluster.ts');
    CephCluster.start().then((cluster) => {
      const pids = ['mon', 'osd', 'rgw'].map((name) => cluster.pid(name));
      process.stdout.write(JSON.stringify({ pids, folder: cluster.folder }) + '\\n');
      setInterval(() => undefined, 1000);
    });`;
  const helpers = join(__dirname, '../helpers');
  const child = spawn(process.execPath, ['-r', './typescript-in-thread.cjs', '-e', script], {
    cwd: helpers,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { pids, folder } = await once(child.stdout, 'data')
    .then(([line]: Buffer[]) => JSON.parse(String(line)) as { pids: number[]; folder: string })
    .finally(() => child.kill('SIGKILL'));
  expect(pids.length).toBe(3);
  await eventually('the daemons and their folder to go', () => !pids.some(isAlive) && !existsSync(folder), 10_000);
});

/** A process that has ended and that nobody has asked for yet is not. */
function isAlive(pid: number | undefined): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}
