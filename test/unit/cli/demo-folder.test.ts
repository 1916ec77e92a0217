import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { emptyDemoFolder } from '../../../src/cli/demo-folder';

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tallyline-demo-'));
  folder = join(parent, 'demo');
});
afterEach(async () => rm(parent, { recursive: true }));

test('a folder that is missing or empty becomes the folder of a demo, and is emptied by the next one', async () => {
  for (const isThere of [false, true]) {
    if (isThere) await mkdir(folder);
    await emptyDemoFolder(folder);
    await mkdir(join(folder, 'incoming'));
    await writeFile(join(folder, 'incoming', 'usage-0.txt'), '1 2\n');
    await emptyDemoFolder(folder);
    expect(await readdir(folder)).toEqual(['.tallyline-demo']);
    await rm(folder, { recursive: true });
  }
});

test('a folder that holds anything that no demo has written is refused and left as it is', async () => {
  await mkdir(join(folder, 'precious'), { recursive: true });
  await expect(emptyDemoFolder(folder)).rejects.toMatchObject({ code: 'config_invalid', fact: expect.stringContaining(folder) });
  expect(await readdir(folder)).toEqual(['precious']);
});

test('a file in place of the folder is refused and left as it is', async () => {
  await writeFile(folder, 'precious');
  await expect(emptyDemoFolder(folder)).rejects.toMatchObject({ code: 'config_invalid' });
  expect(await readdir(parent)).toEqual(['demo']);
});
