/** Where files of a directory may be put after they were counted. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalDirectorySource } from '../../../src/sources/local-directory';

let folder: string;
let source: LocalDirectorySource;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-trash-'));
  await mkdir(join(folder, 'in', '.hidden'), { recursive: true });
  source = new LocalDirectorySource({ kind: 'directory', sourceId: 's', root: join(folder, 'in'), include: ['**'], exclude: [] });
});
afterEach(() => rm(folder, { recursive: true }));

const check = async (to: string) => await source.checkDisposal({ kind: 'move', to });

test.each(['out', 'in/.trash', 'in/.hidden/deeper', 'in-beside'])('%s is taken, and made where it is not there', async (to) => {
  expect(await check(join(folder, to))).toEqual([]);
});

test.each(['in', 'in/done', '.', 'in/../in/done'])('%s is refused: files are listed there', async (to) => {
  await expect(check(join(folder, to))).rejects.toMatchObject({ code: 'config_invalid' });
});

test('a link into the root is refused by where it leads', async () => {
  await mkdir(join(folder, 'in', 'done'));
  await symlink(join(folder, 'in', 'done'), join(folder, 'link'));
  await expect(check(join(folder, 'link'))).rejects.toMatchObject({ code: 'config_invalid' });
  await symlink(join(folder, 'in', '.hidden'), join(folder, 'hidden-link'));
  expect(await check(join(folder, 'hidden-link'))).toEqual([]);
});

test('another file system is refused: nothing can be renamed into it', async () => {
  await expect(check('/proc')).rejects.toMatchObject({ code: 'config_invalid' });
});

test('a root that is away is no fault of the configuration, and nothing is made below it', async () => {
  await rm(join(folder, 'in'), { recursive: true });
  await expect(check(join(folder, 'in', '.trash'))).rejects.toMatchObject({ code: 'source_unavailable' });
  await expect(mkdir(join(folder, 'in', '.trash'))).rejects.toMatchObject({ code: 'ENOENT' });
});
