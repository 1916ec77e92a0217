import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScanActivities } from '../../../src/activities/scan-activities';
import type { ListSourceResult } from '../../../src/contracts/activity-types';
import { BucketSource } from '../../../src/sources/bucket-source';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';
import { countedContent } from '../../helpers/counted-content';
import { MemoryBucket } from '../../helpers/memory-bucket';

let root: string;
let bed: ActivityBed;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-scan-'));
  for (const name of ['a', 'b', 'c']) await writeFile(join(root, name), '1 2\n');
  bed = await ActivityBed.create(root);
});
afterEach(async () => rm(root, { recursive: true }));

test('a scan wakes the aggregation for counted files before it looks at the source, which may be away', async () => {
  const activities = createScanActivities(bed.dependencies());
  await runActivity(activities.listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  await runActivity(activities.readScanSettings, { pipeline: PIPELINE });
  expect(bed.woken).toBe(0);
  const content = countedContent([['1', 2n]]);
  const target = { fileId: await bed.onlyFileId(), version: 1, planDigest: content.planDigest, nowMs: 1 };
  await bed.sink.admit({ ...target, plan: content.plan, meaning: bed.runtime.meaning, policies: bed.runtime.policies });
  for (const partial of content.partials) await bed.sink.putPartial({ ...target, ...partial });
  expect(await bed.sink.markCounted({ ...target, policies: bed.runtime.policies })).toEqual({ outcome: 'counted' });
  await runActivity(activities.readScanSettings, { pipeline: PIPELINE });
  expect(bed.woken).toBe(1);
});

test('a scan learns at its start whether files wait', async () => {
  const activities = createScanActivities(bed.dependencies());
  expect(await runActivity(activities.readScanSettings, { pipeline: PIPELINE })).toMatchObject({ hasWaiting: false });
  await runActivity(activities.listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  expect(await runActivity(activities.readScanSettings, { pipeline: PIPELINE })).toMatchObject({ hasWaiting: true });
});

test('what waits is handed out as the window has room, and what is counting without asking for any', async () => {
  const activities = createScanActivities(bed.dependencies());
  await runActivity(activities.listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  const next = (phase: 'seen' | 'counting', afterSequence: number) =>
    runActivity(activities.nextFiles, { pipeline: PIPELINE, phase, afterSequence, windowFiles: 2 });
  expect(await next('counting', 0)).toEqual({ files: [], lastSequence: 0, hasMore: false });
  const first = await next('seen', 0);
  expect(first.files.map(({ file }) => file)).toEqual(['a', 'b']);
  expect(first.hasMore).toBe(true);
  const [a] = first.files;
  const content = countedContent([['1', 2n]]);
  const { plan, planDigest } = content;
  await bed.sink.admit({
    fileId: a!.fileId,
    version: 1,
    plan,
    planDigest,
    meaning: bed.runtime.meaning,
    policies: bed.runtime.policies,
    nowMs: 1,
  });
  expect((await next('counting', 0)).files.map(({ file }) => file)).toEqual(['a']);
});

test.each([0, 1, 4, 5])(
  'a bucket of %i objects whose every page comes late is listed to its end, and the listing ends',
  async (objects) => {
    const bucket = new MemoryBucket({ pageKeys: 2 });
    const keys = Array.from({ length: objects }, (_, index) => `k${index}`);
    bucket.fill(keys, Buffer.from('1 2\n'));
    const options = {
      kind: 's3',
      sourceId: 'incoming',
      region: 'r',
      bucket: 'b',
      pathStyle: true,
      requests: 1,
      keysAreUnique: false,
    } as const;
    const source = new BucketSource({ ...options, prefix: '', include: ['**/*'], exclude: [] }, bucket);
    let nowMs = Date.now();
    const activities = createScanActivities({ ...bed.dependencies({ source }), now: () => (nowMs += 60_000) });
    let listed = 0;
    let cursor: string | null = null;
    for (let stretches = 0; stretches < 2 * objects + 2; stretches += 1) {
      const stretch: ListSourceResult = await runActivity(activities.listSource, {
        pipeline: PIPELINE,
        cursor,
        problem: null,
        startedAtMs: 0,
      });
      listed += stretch.listed;
      cursor = stretch.cursor;
      if (cursor === null) break;
    }
    expect([cursor, listed]).toEqual([null, objects]);
  },
);
