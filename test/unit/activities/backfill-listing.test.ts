import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScanActivities } from '../../../src/activities/scan-activities';
import type { BackfillInput } from '../../../src/contracts/workflow-types';
import { BACKFILL_KEYS_MAX } from '../../../src/core/limits';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let root: string;
let bed: ActivityBed;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-backfill-'));
  for (const name of ['a1.txt', 'a2.txt', 'a3.txt', 'b1.txt']) await writeFile(join(root, name), '1 2\n');
  bed = await ActivityBed.create(root);
});
afterEach(async () => rm(root, { recursive: true }));

function list(input: unknown, cursor: string | null = null, windowFiles = 10) {
  const activities = createScanActivities(bed.dependencies({ scanSettings: { ...bed.runtime.scanSettings, windowFiles } }));
  return runActivity(activities.listBackfill, { ...(input as BackfillInput), cursor });
}

test.each([
  ['no choice', { pipeline: PIPELINE }],
  ['two choices', { pipeline: PIPELINE, prefix: '', keys: ['a1.txt'] }],
  ['keys as one text', { pipeline: PIPELINE, keys: 'a1.txt' }],
  ['no keys', { pipeline: PIPELINE, keys: [] }],
  ['too many keys', { pipeline: PIPELINE, keys: Array(BACKFILL_KEYS_MAX + 1).fill('a1.txt') }],
  ['a prefix that is no text', { pipeline: PIPELINE, prefix: 7 }],
  ['an instant that is none', { pipeline: PIPELINE, modifiedFrom: 'yesterday' }],
  ['no pipeline', { prefix: '' }],
  ['a pipeline that nobody knows', { pipeline: 'usaeg', prefix: '' }],
])('%s is refused for good, and nothing is registered', async (_title, input) => {
  await expect(list(input)).rejects.toMatchObject({ type: 'config_invalid', nonRetryable: true });
  expect(await bed.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 10 })).toEqual([]);
});

test('a page has no more files than the window has room for, and the next goes on after it', async () => {
  const first = await list({ pipeline: PIPELINE, prefix: 'a' }, null, 2);
  expect(first).toMatchObject({ cursor: 'a2.txt', hasMore: true, matched: 2 });
  expect(first.files.map(({ file }) => file)).toEqual(['a1.txt', 'a2.txt']);
  const second = await list({ pipeline: PIPELINE, prefix: 'a' }, first.cursor, 2);
  expect(second.files.map(({ file }) => file)).toEqual(['a3.txt']);
});

test('one file has one row, however its key is written', async () => {
  const { files } = await list({ pipeline: PIPELINE, keys: ['a1.txt', '\\x611.txt'] });
  expect(files.map(({ file }) => file)).toEqual(['a1.txt']);
});

test('a key that does not answer is told, and the others are counted', async () => {
  await mkdir(join(root, 'locked'));
  await writeFile(join(root, 'locked', 'c.txt'), '1 2\n');
  chmodSync(root, 0o755);
  chmodSync(join(root, 'locked'), 0);
  if (process.getuid?.() === 0) process.seteuid?.(65534);
  try {
    const page = await list({ pipeline: PIPELINE, keys: ['locked/c.txt', 'a1.txt', 'nowhere.txt'] });
    expect(page).toMatchObject({ matched: 2, states: { absent: 1 }, problem: expect.stringContaining('locked/c.txt') as string });
    expect(page.files.map(({ file }) => file)).toEqual(['a1.txt']);
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0);
    chmodSync(join(root, 'locked'), 0o755);
  }
});
