/** Counted objects of a real gateway: exactly their version is moved, tagged or removed. */
import { S3Bucket } from '../../src/buckets/s3-bucket';
import type { DisposeAction } from '../../src/core/disposal';
import { BucketSource } from '../../src/sources/bucket-source';
import type { FileToOpen } from '../../src/sources/source';
import { CephCluster } from '../helpers/ceph-cluster';

const MOVE: DisposeAction = { kind: 'move', to: 'counted/' };
const DELETE: DisposeAction = { kind: 'delete', trash: '' };
const TAG: DisposeAction = { kind: 'tag', tags: { counted: 'yes' } };

let cluster: CephCluster;
beforeAll(async () => {
  cluster = await CephCluster.start();
  process.env['AWS_ACCESS_KEY_ID'] = cluster.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = cluster.secretAccessKey;
});
afterAll(() => cluster.stop());

function open(name: string, keysAreUnique = false) {
  const place = { endpoint: cluster.endpoint, region: 'us-east-1', bucket: name, pathStyle: true, requests: 8 };
  const bucket = new S3Bucket(place);
  const chosen = { kind: 's3', sourceId: 'usage', prefix: 'in/', include: ['**'], exclude: [] } as const;
  return { bucket, source: new BucketSource({ ...place, ...chosen, keysAreUnique }, bucket) };
}

async function write(name: string, key: string, body: string): Promise<void> {
  expect((await cluster.request('PUT', `/${name}/${key}`, body)).status).toBe(200);
}

async function dispose({ source }: ReturnType<typeof open>, file: FileToOpen, action: DisposeAction, begunPlace: string | null = null) {
  const signal = new AbortController().signal;
  return (await source.dispose(file, action, { begunPlace, confirm: () => Promise.resolve(true), signal })).outcome;
}

const text = async (target: string) => await (await cluster.request('GET', target)).text();

test('with versioning the counted version is moved from below a newer one, once', async () => {
  await cluster.createBucket('versions', { versioning: 'enabled' });
  const opened = open('versions');
  expect(await opened.source.checkDisposal(MOVE)).toEqual([]);
  await write('versions', 'in/a%20b', 'k 1\n');
  const counted = (await opened.source.look('in/a b'))!;
  await write('versions', 'in/a%20b', 'k 2\n');
  const newer = (await opened.source.look('in/a b'))!;
  expect(await dispose(opened, counted, MOVE)).toBe('done');
  expect([await text('/versions/in/a%20b'), await text('/versions/counted/in/a%20b')]).toEqual(['k 2\n', 'k 1\n']);
  expect(await dispose(opened, counted, MOVE, 'counted/in/a b')).toBe('already');
  expect(await dispose(opened, counted, MOVE)).toBe('vanished');
  expect(await dispose(opened, newer, MOVE)).toBe('occupied');
  expect(await dispose(opened, newer, TAG)).toBe('done');
  expect(await text('/versions/in/a%20b?tagging')).toContain('<Key>counted</Key><Value>yes</Value>');
  expect(await dispose(opened, newer, DELETE)).toBe('done');
  expect(await opened.source.look('in/a b')).toBeNull();
  expect(await dispose(opened, newer, DELETE)).toBe('vanished');
}, 60_000);

test('a copy that was made already is found the same by its bytes', async () => {
  await cluster.createBucket('copies', { versioning: 'enabled' });
  const opened = open('copies');
  await write('copies', 'in/a', 'k 1\n');
  await write('copies', 'counted/in/a', 'k 1\n');
  const counted = (await opened.source.look('in/a'))!;
  expect(await dispose(opened, counted, MOVE)).toBe('done');
  expect((await cluster.request('GET', '/copies/in/a')).status).toBe(404);
  expect(await text('/copies/counted/in/a')).toBe('k 1\n');
}, 60_000);

test.each(['none', 'suspended'] as const)(
  'with versioning %s it takes the word of the writer that keys are unique',
  async (versioning) => {
    const name = `unversioned-${versioning}`;
    await cluster.createBucket(name, { versioning });
    const [opened, promised] = [open(name), open(name, true)];
    await write(name, 'in/a', 'k 1\n');
    const counted = (await opened.source.look('in/a'))!;
    for (const action of [MOVE, TAG, DELETE]) {
      await expect(opened.source.checkDisposal(action)).rejects.toMatchObject({ code: 'config_invalid' });
      await expect(dispose(opened, counted, action)).rejects.toMatchObject({ code: 'not_disposed' });
    }
    expect(await promised.source.checkDisposal(MOVE)).toEqual([]);
    expect(await dispose(promised, counted, MOVE)).toBe('done');
    expect([await promised.source.look('in/a'), await text(`/${name}/counted/in/a`)]).toEqual([null, 'k 1\n']);
    await write(name, 'in/a', 'another\n');
    expect(await dispose(promised, counted, DELETE)).toBe('changed');
    expect(await text(`/${name}/in/a`)).toBe('another\n');
  },
  60_000,
);
