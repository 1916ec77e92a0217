import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepHouse } from '../../../src/activities/housekeeping';
import type { PruneInput } from '../../../src/sinks/sink-totals';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-house-'));
});
afterEach(async () => rm(root, { recursive: true }));

test('what cannot be removed keeps nothing else from being removed', async () => {
  const bed = await ActivityBed.create(root);
  const done: string[] = [];
  const sink = Object.assign(Object.create(bed.sink) as typeof bed.sink, {
    expirePlans: () => Promise.reject(new Error('a statement timeout')),
    eraseSamples: async () => done.push('samples'),
    prune: async ({ beforeMs }: PruneInput) => done.push(`contributions before ${beforeMs}`),
  });
  const retention = { contributionsMs: 100, rejectSamplesMs: 10 };
  const dependencies = { ...bed.dependencies(), sink, now: () => 1000 };
  await runActivity(() => keepHouse(dependencies, { ...bed.runtime, retention }), { pipeline: PIPELINE });
  expect(done).toEqual(['samples', 'contributions before 900']);
});
