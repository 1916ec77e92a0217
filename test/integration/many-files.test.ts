import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SCAN_PAGE_RESULT_BYTES_MAX } from '../../src/core/limits';

const FILES = 100_000;
const RSS_BYTES_MAX = 300_000_000;

test('a directory of 100,000 files is listed and handed to a recorder within 300 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallyline-many-'));
  try {
    const root = join(folder, 'incoming');
    mkdirSync(root);
    for (let index = 0; index < FILES; index += 1) writeFileSync(join(root, `usage-2026-11-23-${index}.txt`), '');
    const script = resolve(__dirname, '..', 'helpers', 'list-many-files.cjs');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=96', script, root, join(folder, 'tallyline.db')],
      {
        encoding: 'utf8',
        timeout: 240_000,
      },
    );
    expect([status, stderr.split('\n').filter((line) => line.includes('rror'))]).toEqual([0, []]);
    const found = JSON.parse(stdout) as { listed: number; recorded: number; maxRssBytes: number; resultBytesMax: number; seconds: number };
    process.stderr.write(`${FILES} files in ${found.seconds.toFixed(1)} s, at most ${Math.round(found.maxRssBytes / 1e6)} MB resident\n`);
    expect(found).toMatchObject({ listed: FILES, recorded: FILES });
    expect(found.maxRssBytes).toBeLessThan(RSS_BYTES_MAX);
    expect(found.resultBytesMax).toBeLessThanOrEqual(SCAN_PAGE_RESULT_BYTES_MAX);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
