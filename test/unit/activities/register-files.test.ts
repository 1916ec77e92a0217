import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScanActivities } from '../../../src/activities/scan-activities';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-register-'));
});
afterEach(async () => rm(root, { recursive: true }));

test('a file that is set aside when it is listed is counted by a metric at once, and only once', async () => {
  // Relative steps, since the whole path is longer than the system takes at once.
  const folders = ['p', 'q', 'r', 's', 't'].map((letter) => letter.repeat(220));
  await mkdir(join(root, ...folders), { recursive: true });
  await writeFile(join(root, ...folders, 'a.txt'), '1 2\n');
  const bed = await ActivityBed.create(root);
  const { listSource } = createScanActivities(bed.dependencies());
  for (let times = 0; times < 2; times += 1)
    await runActivity(listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  expect(bed.quarantined).toEqual([['path_too_long', 1]]);
});
