import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimSourceId } from '../../../src/workers/source-id';
import { rejectionCode } from '../../helpers/rejection-code';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-source-id-'));
  path = join(folder, '.tallyline-source-id');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a volume without a name gets one, keeps it, and takes it along', async () => {
  const first = await claimSourceId(path);
  expect(first).toEqual({ sourceId: expect.stringMatching(/^agent-[0-9a-f]{12}$/), isNew: true });
  expect(await claimSourceId(path)).toEqual({ ...first, isNew: false });
  const elsewhere = join(folder, 'elsewhere');
  await rename(path, elsewhere);
  expect((await claimSourceId(elsewhere)).sourceId).toBe(first.sourceId);
  expect(await readdir(folder)).toEqual(['elsewhere']);
});

test('the name that is asked for is given once, and another one is refused', async () => {
  expect(await claimSourceId(path, { wanted: 'host-7' })).toEqual({ sourceId: 'host-7', isNew: true });
  expect(await readFile(path, 'utf8')).toBe('host-7\n');
  expect(await rejectionCode(claimSourceId(path, { wanted: 'host-8' }))).toBe('config_invalid');
  expect((await claimSourceId(path, { wanted: 'host-7' })).sourceId).toBe('host-7');
});

test('of many that claim a volume at once all get the same name', async () => {
  const claims = await Promise.all(Array.from({ length: 20 }, () => claimSourceId(path)));
  expect(new Set(claims.map(({ sourceId }) => sourceId)).size).toBe(1);
  expect(claims.filter(({ isNew }) => isNew)).toHaveLength(1);
});

test.each(['', 'Host 7\n', '../x', 'a\nb\n', `${'a'.repeat(64)}\n`])('a file that holds %j is no name', async (text) => {
  await writeFile(path, text);
  expect(await rejectionCode(claimSourceId(path))).toBe('config_invalid');
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('no name is drawn where files would count twice under another one', async () => {
  expect(await rejectionCode(claimSourceId(path, { isDrawn: false }))).toBe('config_invalid');
  expect((await claimSourceId(path, { wanted: 'host-7', isDrawn: false })).isNew).toBe(true);
  expect((await claimSourceId(path, { isDrawn: false })).sourceId).toBe('host-7');
});

test('a name that is none is refused before anything is written, and a folder that is not there gets none', async () => {
  expect(await rejectionCode(claimSourceId(path, { wanted: 'Host 7' }))).toBe('config_invalid');
  expect(await rejectionCode(claimSourceId(join(folder, 'missing', 'id')))).toBe('config_invalid');
  expect(await readdir(folder)).toEqual([]);
});
