import { createApplyActivities } from '../../../src/activities/apply-activities';
import { ApplyLoops } from '../../../src/activities/apply-loops';
import { FileWatch } from '../../../src/activities/file-watch';
import { TallylineFailure } from '../../../src/core/failures';
import type { Sink } from '../../../src/sinks/sink';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let bed: ActivityBed;
let loops: ApplyLoops;
beforeEach(async () => {
  bed = await ActivityBed.create('/nowhere');
  loops = new ApplyLoops();
});

function apply(attempt = 1, change: Partial<Sink> = {}) {
  const sink = Object.assign(Object.create(bed.sink) as Sink, change);
  const { applyCounted } = createApplyActivities({ ...bed.dependencies(), sink }, new FileWatch(sink), loops);
  return runActivity(applyCounted, { pipeline: PIPELINE }, { info: { attempt } });
}

test('a stopped pipeline is an answer, and not a failure that is retried for ever', async () => {
  await bed.sink.stop({ pipeline: PIPELINE, by: 'test', reason: 'a mismatch', nowMs: 1 });
  expect(await apply()).toEqual({ applied: 0, remaining: 0, stopReason: 'a mismatch' });
  expect(bed.failures).toEqual(['pipeline_stopped']);
});

test('an outage of the sink is retried without stopping anything', async () => {
  const outage = () => Promise.reject(new TallylineFailure('sink_unavailable', 'the disk is away'));
  await expect(apply(99, { apply: outage })).rejects.toMatchObject({ type: 'sink_unavailable', nonRetryable: false });
  expect((await bed.sink.readPipeline(PIPELINE))?.stopReason).toBeNull();
});

test('a fault that nobody foresaw is tried again, counted by a metric, and in the end stops the pipeline', async () => {
  const defect = () => Promise.reject(new RangeError('out of bounds'));
  await expect(apply(9, { apply: defect })).rejects.toThrow('out of bounds');
  expect(bed.failures).toEqual(['unforeseen']);
  expect(await apply(10, { apply: defect })).toMatchObject({ stopReason: 'apply fails: out of bounds' });
  expect((await bed.sink.readPipeline(PIPELINE))?.stopReason).toContain('out of bounds');
});

test('a file that is counted during the last look is told of as one that waits, so that the aggregation looks again', async () => {
  let looks = 0;
  const nothing = async () => {
    looks += 1;
    // The loop ends after five empty looks.
    if (looks === 5) expect(loops.ask(PIPELINE)).toBe(true);
    return { outcomes: [], ledgerSequence: 0, remaining: 0 };
  };
  expect(await apply(1, { apply: nothing })).toEqual({ applied: 0, remaining: 1, stopReason: null });
  expect(looks).toBe(5);
  expect(loops.ask(PIPELINE)).toBe(false);
});

test('files that are counted one after the other keep one apply looking', async () => {
  let looks = 0;
  const nothing = async () => {
    looks += 1;
    if (looks < 8) loops.ask(PIPELINE);
    return { outcomes: [], ledgerSequence: 0, remaining: 0 };
  };
  expect(await apply(1, { apply: nothing })).toMatchObject({ remaining: 0 });
  expect(looks).toBeGreaterThan(8);
});

test('an apply that fails takes no questions any more: who asks must wake the aggregation', async () => {
  const outage = async () => {
    expect(loops.ask(PIPELINE)).toBe(true);
    throw new TallylineFailure('sink_unavailable', 'the disk is away');
  };
  await expect(apply(1, { apply: outage })).rejects.toMatchObject({ type: 'sink_unavailable' });
  expect(loops.ask(PIPELINE)).toBe(false);
});
