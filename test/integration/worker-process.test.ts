/** A worker as its operator sees it: health, metrics, logs, and both ways to stop it. */
import { eventually } from '../helpers/eventually';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const MIB = 1024 * 1024;
let bed: TestBed;
afterEach(async () => bed.destroy());

test('one scrape has the metrics of Tallyline and of Temporal, and health says what is true', async () => {
  bed = await TestBed.create();
  await writeSample(bed.incoming, 'a.txt', { seed: 1, lines: 1_000 }, new Map());
  const worker = await bed.startWorker();
  await bed.scan();
  await bed.untilDone(1);
  const text = await (await fetch(worker.metricsAddress)).text();
  expect(text).toContain(`tallyline_files_total{pipeline="${PIPELINE}",outcome="in"} 1`);
  expect(text).toContain(`tallyline_lines_total{pipeline="${PIPELINE}",outcome="record"} 1000`);
  expect(text).toContain(`tallyline_scans_total{pipeline="${PIPELINE}",outcome="complete"} 1`);
  expect(text).toMatch(/^temporal_workflow_completed_total\{/m);
  expect(text).toMatch(/^temporal_activity_execution_latency_seconds_bucket\{/m);
  const base = worker.metricsAddress.replace('/metrics', '');
  expect((await fetch(`${base}/livez`)).status).toBe(200);
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
  await bed.sink.stop({ pipeline: PIPELINE, by: 'test', reason: 'to see it', nowMs: Date.now() });
  const stopped = await fetch(`${base}/readyz`);
  expect([stopped.status, await stopped.text()]).toEqual([503, expect.stringContaining('to see it')]);
});

test('a stopped pipeline applies nothing, and everything once it is resumed', async () => {
  bed = await TestBed.create();
  const truth: Truth = new Map();
  await writeSample(bed.incoming, 'a.txt', { seed: 1, lines: 1_000 }, truth);
  await bed.startWorker('orchestrate,scan,count');
  await bed.scan();
  await eventually('the file to be counted', async () => (await bed.files(['counted'])).length === 1);
  await bed.sink.stop({ pipeline: PIPELINE, by: 'test', reason: 'a mismatch', nowMs: Date.now() });
  const worker = await bed.startWorker('apply');
  expect(await bed.scan()).toMatchObject({ complete: false, problem: 'the pipeline is stopped: a mismatch' });
  await eventually('the apply to be refused', () => worker.lines.some((line) => JSON.stringify(line).includes('pipeline_stopped')));
  expect(await bed.sums()).toEqual(new Map());
  await bed.sink.resume({ pipeline: PIPELINE, by: 'test', reason: 'repaired', nowMs: Date.now() });
  await bed.untilDone(1);
  expect(await bed.sums()).toEqual(truth);
});

test.each([
  ['SIGTERM drains within its grace', ['SIGTERM'], 0],
  ['a second SIGINT stops now', ['SIGINT', 'SIGINT'], 130],
] as const)(
  '%s, and the next worker goes on with nothing lost',
  async (_title, signals, exitCode) => {
    bed = await TestBed.create({
      worker: { readBytesPerSecond: MIB, threads: 2, shutdownGrace: '1s' },
      pipeline: { splitBytes: 2 * MIB, checkpoint: { bytes: MIB / 4, interval: '100ms' } },
    });
    const truth: Truth = new Map();
    await writeSample(bed.incoming, 'a.txt', { seed: 1, lines: 500_000 }, truth);
    const worker = await bed.startWorker();
    await bed.startScan();
    await eventually('a checkpoint', () => worker.logged('checkpoint stored').length > 0);
    for (const signal of signals) {
      worker.send(signal);
      await eventually('the signal to be seen', () => worker.lines.some(({ msg }) => msg.startsWith(signals[0])));
    }
    expect(await worker.exited).toBe(exitCode);
    const next = await bed.startWorker();
    const rows = await bed.untilDone(1, 60_000);
    expect(rows.map(({ state, reason, detail }) => [state, reason, detail])).toEqual([['in', null, null]]);
    await eventually('the log of a split that goes on', () => next.logged('split begins').some((line) => line['isResumed'] === true));
    expect(await bed.sums()).toEqual(truth);
  },
  120_000,
);
