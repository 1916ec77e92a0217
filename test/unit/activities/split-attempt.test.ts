/** Attempts that do not end well: what they report, and what they do to the file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCountActivities } from '../../../src/activities/count-activities';
import type { SplitCounting } from '../../../src/activities/dependencies';
import { FileWatch } from '../../../src/activities/file-watch';
import { createScanActivities } from '../../../src/activities/scan-activities';
import type { SplitHeartbeat } from '../../../src/activities/split-heartbeat';
import { GRAMMAR_VERSION_MAX } from '../../../src/core/format';
import { WORKER_LOST_TIMES_MAX } from '../../../src/core/limits';
import { makePlan } from '../../../src/core/plan';
import { ThreadPool } from '../../../src/kernel/thread-pool';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-attempt-'));
  await writeFile(join(root, 'a.txt'), '1 2\n3 4\n');
});
afterEach(async () => rm(root, { recursive: true }));

/** A bed with one file admitted, and the input that counts its only split. */
async function admitted(counting: SplitCounting) {
  const bed = await ActivityBed.create(root, counting);
  const dependencies = bed.dependencies();
  await runActivity(createScanActivities(dependencies).listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  const file = { pipeline: PIPELINE, fileId: await bed.onlyFileId(), version: 1 };
  const activities = createCountActivities(dependencies, new FileWatch(bed.sink));
  const { planDigest } = await runActivity(activities.admitFile, file);
  return { bed, activities, input: { ...file, planDigest, splitIndex: 0 } };
}

/** Counts nothing and never ends by itself, like a read from a server that went away. */
const hangingReads: SplitCounting = {
  run: (_job, { signal, onStart }) =>
    new Promise((_resolve, reject) => {
      onStart();
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
};

test('reads that hang end the attempt as source_unavailable, heartbeating until then, and count as no lost worker', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  try {
    const { bed, activities, input } = await admitted(hangingReads);
    const beats: SplitHeartbeat[] = [];
    const failed = runActivity(activities.countSplit, input, { info: { heartbeatTimeoutMs: 8_000 }, beats }).catch(
      (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(64_000);
    expect(await failed).toMatchObject({ type: 'source_unavailable', nonRetryable: false });
    expect(beats.length).toBeGreaterThan(64 / 2);
    expect(beats.at(-1)?.history).toEqual({ begunAttempts: 0, unreadableAttempts: 0 });
    expect((await bed.sink.readFile(input.fileId))?.state).toBe('counting');
  } finally {
    jest.useRealTimers();
  }
});

test('workers that were lost too often without a checkpoint set the file aside, and nothing is read any more', async () => {
  const { bed, activities, input } = await admitted(hangingReads);
  const heartbeatDetails = {
    splitIndex: 0,
    planDigest: input.planDigest,
    nextOffset: 0,
    checkpoint: null,
    history: { begunAttempts: WORKER_LOST_TIMES_MAX, unreadableAttempts: 0 },
  };
  await expect(runActivity(activities.countSplit, input, { info: { heartbeatDetails } })).rejects.toMatchObject({ type: 'worker_lost' });
  expect(await bed.sink.readFile(input.fileId)).toMatchObject({ state: 'quarantined', reason: 'worker_lost' });
  expect(bed.quarantined).toEqual([['worker_lost', 1]]);
});

test('a file that a newer worker planned is left to it: nothing is read, and the file goes on being counted', async () => {
  const bed = await ActivityBed.create(root);
  const dependencies = bed.dependencies();
  await runActivity(createScanActivities(dependencies).listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
  const file = { fileId: await bed.onlyFileId(), version: 1 };
  const { format, compression, periodRule, meaning, policies } = bed.runtime;
  const planned = makePlan({ format, compression, periodRule, sizeBytes: 8, sourceKey: 'a.txt', firstSeenMs: 0 });
  const plan = { ...planned, grammarVersion: GRAMMAR_VERSION_MAX + 1 };
  await bed.sink.admit({ ...file, plan, planDigest: 'newer', meaning, policies, nowMs: 1 });
  const { countSplit } = createCountActivities(dependencies, new FileWatch(bed.sink));
  const input = { ...file, pipeline: PIPELINE, planDigest: 'newer', splitIndex: 0 };
  await expect(runActivity(countSplit, input)).rejects.toMatchObject({ type: 'config_mismatch', nonRetryable: false });
  expect((await bed.sink.readFile(file.fileId))?.state).toBe('counting');
});

test('a split whose completion was lost is not read again', async () => {
  const pool = new ThreadPool({ threads: 1 });
  let runs = 0;
  const { activities, input } = await admitted({
    run: (job, hooks) => {
      runs += 1;
      return pool.run(job, hooks);
    },
  });
  try {
    expect(await runActivity(activities.countSplit, input)).toMatchObject({ splitIndex: 0, records: 2 });
    await runActivity(activities.countSplit, input);
    expect(runs).toBe(1);
  } finally {
    await pool.close();
  }
});
