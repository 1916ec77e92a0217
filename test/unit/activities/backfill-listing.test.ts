import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScanActivities } from '../../../src/activities/scan-activities';
import type { BackfillChoice } from '../../../src/contracts/backfill-choice';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let root: string;
let bed: ActivityBed;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-backfill-'));
  for (const name of ['a1.txt', 'a2.txt', 'a3.txt', 'b1.txt']) await writeFile(join(root, name), '1 2\n');
  bed = await ActivityBed.create(root);
});
afterEach(async () => rm(root, { recursive: true }));

function list(choice: BackfillChoice, cursor: string | null = null, windowFiles = 10) {
  const activities = createScanActivities(bed.dependencies({ scanSettings: { ...bed.runtime.scanSettings, windowFiles } }));
  return runActivity(activities.listBackfill, { pipeline: PIPELINE, choice, cursor });
}

test('a pipeline that nobody ever ran is refused for good', async () => {
  const { listBackfill } = createScanActivities(bed.dependencies());
  const refused = runActivity(listBackfill, { pipeline: 'usaeg', choice: { kind: 'prefix', prefix: '' }, cursor: null });
  await expect(refused).rejects.toMatchObject({ type: 'config_invalid', nonRetryable: true });
});

test('a page has no more files than the window has room for, and the next goes on after it', async () => {
  const first = await list({ kind: 'prefix', prefix: 'a' }, null, 2);
  expect(first).toMatchObject({ cursor: 'a2.txt', hasMore: true, matched: 2 });
  expect(first.files.map(({ file }) => file)).toEqual(['a1.txt', 'a2.txt']);
  const second = await list({ kind: 'prefix', prefix: 'a' }, first.cursor, 2);
  expect(second.files.map(({ file }) => file)).toEqual(['a3.txt']);
});

test('of chosen keys no more are taken than the window has room for, and the page says how many', async () => {
  const page = await list({ kind: 'keys', keys: ['a1.txt', 'a2.txt', 'a3.txt'] }, null, 2);
  expect(page).toMatchObject({ cursor: '2', hasMore: true, matched: 2 });
});

test('one file has one row, however its key is written', async () => {
  const { files } = await list({ kind: 'keys', keys: ['a1.txt', '\\x611.txt'] });
  expect(files.map(({ file }) => file)).toEqual(['a1.txt']);
});

test('a key that does not answer is told, and the others are counted', async () => {
  await mkdir(join(root, 'locked'));
  await writeFile(join(root, 'locked', 'c.txt'), '1 2\n');
  chmodSync(root, 0o755);
  chmodSync(join(root, 'locked'), 0);
  if (process.getuid?.() === 0) process.seteuid?.(65534);
  try {
    const page = await list({ kind: 'keys', keys: ['locked/c.txt', 'a1.txt', 'nowhere.txt'] });
    expect(page).toMatchObject({ matched: 2, states: { absent: 1 }, problem: expect.stringContaining('locked/c.txt') as string });
    expect(page.files.map(({ file }) => file)).toEqual(['a1.txt']);
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0);
    chmodSync(join(root, 'locked'), 0o755);
  }
});
