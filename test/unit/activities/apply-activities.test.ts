import { createApplyActivities } from '../../../src/activities/apply-activities';
import { FileWatch } from '../../../src/activities/file-watch';
import { TallylineFailure } from '../../../src/core/failures';
import type { Sink } from '../../../src/sinks/sink';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';

let bed: ActivityBed;
beforeEach(async () => {
  bed = await ActivityBed.create('/nowhere');
});

function apply(attempt = 1, change: Partial<Sink> = {}) {
  const sink = Object.assign(Object.create(bed.sink) as Sink, change);
  const { applyCounted } = createApplyActivities({ ...bed.dependencies(), sink }, new FileWatch(sink));
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
