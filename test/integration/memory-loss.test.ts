/** The database is the memory, Temporal the engine: what happens when either forgets, and when people interfere with workflows. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../helpers/eventually';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const MIB = 1024 * 1024;
const FILES = 5;
let bed: TestBed;
let truth: Truth;

beforeEach(async () => {
  truth = new Map();
});
afterEach(async () => bed.destroy());

async function countFiles(): Promise<void> {
  bed = await TestBed.create();
  for (let index = 0; index < FILES; index += 1) await writeSample(bed.incoming, `f${index}.txt`, { seed: index, lines: 1_000 }, truth);
  await bed.startWorker();
  await bed.scan();
  await bed.untilDone(FILES);
  expect(await bed.sums()).toEqual(truth);
}

async function expectCountedOnce(): Promise<void> {
  const rows = await bed.untilDone(FILES);
  expect(rows.map(({ state }) => state)).toEqual(Array(FILES).fill('in'));
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}

test('a second scan starts nothing', async () => {
  await countFiles();
  expect(await bed.scan()).toMatchObject({ complete: true, listed: FILES, registered: 0, started: 0 });
  await expectCountedOnce();
});

test("with Temporal's database deleted nothing is counted twice", async () => {
  await countFiles();
  await bed.restartServer({ signal: 'SIGKILL', forget: true });
  await bed.workers[0]!.kill('SIGKILL');
  await bed.startWorker();
  expect(await bed.scan()).toMatchObject({ complete: true, registered: 0, started: 0 });
  await expectCountedOnce();
});

test("with Temporal's database deleted while files are counting and counted, each is counted once", async () => {
  bed = await TestBed.create({
    worker: { readBytesPerSecond: MIB, threads: 2 },
    pipeline: { splitBytes: MIB, checkpoint: { bytes: MIB / 8, interval: '100ms' } },
  });
  for (let index = 1; index < FILES; index += 1) await writeSample(bed.incoming, `f${index}.txt`, { seed: index, lines: 1_000 }, truth);
  await writeSample(bed.incoming, 'large.txt', { seed: 9, lines: 400_000 }, truth);
  // Nobody applies, so the small files stay counted while the large one is on its way.
  const worker = await bed.startWorker('orchestrate,scan,count');
  await bed.startScan();
  await eventually('files in both states', async () => {
    const states = (await bed.files()).map(({ state }) => state);
    return states.includes('counting') && states.filter((state) => state === 'counted').length === FILES - 1;
  });
  await eventually('a stored checkpoint', () => worker.logged('checkpoint stored').length > 0);
  await worker.kill('SIGKILL');
  await bed.restartServer({ signal: 'SIGKILL', forget: true });
  await bed.startWorker();
  // The counted ones are woken for at once, and the counting one is started again.
  expect(await bed.scan()).toMatchObject({ complete: true, registered: 0, started: 1 });
  await expectCountedOnce();
});

test('with the sink deleted and Temporal kept, a scan counts everything once', async () => {
  await countFiles();
  await eventually('every workflow to end', async () => (await bed.runningWorkflows()).length === 0);
  await bed.workers[0]!.kill('SIGTERM');
  await bed.sink.close();
  for (const suffix of ['', '-wal', '-shm', '.apply-lock']) await rm(join(bed.folder, `tallyline.db${suffix}`), { force: true });
  await bed.reopenSink();
  await bed.startWorker();
  expect(await bed.scan()).toMatchObject({ complete: true, registered: FILES, started: FILES });
  await expectCountedOnce();
});

test('a terminated file workflow is started again by the next scan, a cancelled one sets its file aside', async () => {
  bed = await TestBed.create();
  await writeSample(bed.incoming, 'terminated.txt', { seed: 1, lines: 1_000 }, truth);
  await writeSample(bed.incoming, 'cancelled.txt', { seed: 2, lines: 1_000 }, new Map());
  // Without a count role both workflows wait for their first activity.
  const scanner = await bed.startWorker('orchestrate,scan');
  await bed.scan();
  const [cancelled, terminated] = await Promise.all(['cancelled.txt', 'terminated.txt'].map(workflowOf));
  await bed.client.workflow.getHandle(terminated!).terminate('an operator does this');
  await bed.client.workflow.getHandle(cancelled!).cancel();
  // Its activity was never started, so that the cancel reaches it before any worker counts.
  await eventually('the cancel to arrive', async () => {
    const { events } = await bed.client.workflow.getHandle(cancelled!).fetchHistory();
    return events?.some((event) => event.activityTaskCanceledEventAttributes != null);
  });
  await scanner.kill('SIGTERM');
  await bed.startWorker();
  const outcome = await bed.client.workflow
    .getHandle(cancelled!)
    .result()
    .catch((error: unknown) => error);
  expect(String((outcome as { cause?: unknown }).cause)).toContain('cancelled');
  await bed.scan();
  const rows = await bed.untilDone(2);
  expect(new Map(rows.map(({ sourceKey, state, reason }) => [sourceKey, reason ?? state]))).toEqual(
    new Map([
      ['terminated.txt', 'in'],
      ['cancelled.txt', 'cancelled'],
    ]),
  );
  expect(await bed.sums()).toEqual(truth);
});

test('a file workflow that failed is not started again: its file stays set aside, with its reason', async () => {
  bed = await TestBed.create();
  await writeSample(bed.incoming, 'good.txt', { seed: 1, lines: 1_000 }, truth);
  await writeFile(join(bed.incoming, 'bad.txt'), '1 2\noops\n');
  await bed.startWorker();
  for (const started of [2, 0]) {
    expect(await bed.scan()).toMatchObject({ complete: true, started });
    await bed.untilDone(2);
  }
  const [bad] = await bed.files(['quarantined']);
  expect(bad).toMatchObject({ sourceKey: 'bad.txt', reason: 'reject_budget' });
  const failed = await bed.client.workflow.getHandle(`file:${PIPELINE}:${bad!.fileId}:1`).describe();
  expect(failed.status.name).toBe('FAILED');
  expect(await bed.sums()).toEqual(truth);
});

async function workflowOf(sourceKey: string): Promise<string> {
  const row = await eventually(`a row of ${sourceKey}`, async () => (await bed.sink.findFiles({ pipeline: PIPELINE, sourceKey }))[0]);
  const workflowId = `file:${PIPELINE}:${row.fileId}:${row.version}`;
  await eventually(
    `${workflowId} to run`,
    async () =>
      (await bed.client.workflow
        .getHandle(workflowId)
        .describe()
        .catch(() => null)) !== null,
  );
  return workflowId;
}
