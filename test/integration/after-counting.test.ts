/** Counted files leave their directory while workers run, and what was done to them can be told. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PIPELINE, SOURCE_ID, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const BY = ['--by', 'alice', '--reason', 'a test'] as const;

let bed: TestBed;

beforeAll(async () => {
  bed = await TestBed.create({ source: { afterCounting: { action: 'move', after: '0s', to: './counted' } } });
  await bed.startWorker();
});
afterAll(() => bed.destroy());

async function run(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return await new Promise((done) => {
    execFile(process.execPath, [BIN, ...args, '--config', bed.configPath], { timeout: 60_000 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test('a counted file is moved by the next scan, stays in the totals, and comes back to be counted again', async () => {
  const [source, moved] = [join(bed.incoming, 'a.txt'), join(bed.folder, 'counted', 'a.txt')];
  await writeFile(source, 'k 10\n');
  await writeFile(join(bed.incoming, 'broken.txt'), 'k ten\n');
  await bed.scan();
  await bed.untilDone(2);
  expect(await bed.scan()).toMatchObject({ complete: true });
  expect(await readFile(moved, 'utf8')).toBe('k 10\n');
  // What is not in the totals stays where it is.
  expect([existsSync(source), existsSync(join(bed.incoming, 'broken.txt'))]).toEqual([false, true]);
  expect(await bed.sums()).toEqual(new Map([['k', 10n]]));

  expect(JSON.parse((await run('files', '--output', 'json')).stdout)).toMatchObject([
    { sourceKey: 'a.txt', disposal: { kind: 'move', place: moved, state: 'done' } },
    { sourceKey: 'broken.txt', disposal: null },
  ]);
  expect((await run('ledger', 'list')).stdout).toContain(`moved to ${moved}`);
  expect((await run('verify', '--source')).stderr).toContain('1 of them moved or deleted');

  const refused = await run('recount', 'a.txt', ...BY);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(`a.txt was moved to ${moved}`)]);
  await rename(moved, source);
  expect((await run('recount', 'a.txt', ...BY)).status).toBe(0);
  await bed.scan();
  expect(existsSync(moved)).toBe(true);
  expect(await bed.sums()).toEqual(new Map([['k', 10n]]));
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}, 120_000);

test('a worker does not start where what is moved would be listed again', async () => {
  await symlink(join(bed.incoming, 'done'), join(bed.folder, 'archive'));
  await mkdir(join(bed.incoming, 'done'));
  await bed.writeConfig({
    source: { kind: 'directory', id: SOURCE_ID, root: './incoming', afterCounting: { action: 'move', to: './archive' } },
  });
  await expect(bed.startWorker('scan')).rejects.toThrow(/where files would be listed again[^]*config_invalid/);
}, 60_000);
