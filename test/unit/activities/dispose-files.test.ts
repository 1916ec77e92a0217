/** After a scan: counted files leave their directory, each by itself, and only as long as the sink allows it. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FileDisposals } from '../../../src/activities/dispose-files';
import type { PipelineRuntime } from '../../../src/activities/dependencies';
import { createScanActivities } from '../../../src/activities/scan-activities';
import { DISPOSE_WAIT_MS_MAX } from '../../../src/core/limits';
import type { Sink } from '../../../src/sinks/sink';
import type { Source } from '../../../src/sources/source';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';
import { countedContent } from '../../helpers/counted-content';

let folder: string;
let bed: ActivityBed;
let nowMs = 1_000_000;
const root = () => join(folder, 'in');
const counted = (name: string) => join(folder, 'counted', name);
const move = () => ({ action: { kind: 'move', to: join(folder, 'counted') }, afterMs: 1000 }) as const;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyline-after-'));
  await mkdir(root());
  bed = await ActivityBed.create(root());
});
afterEach(() => rm(folder, { recursive: true }));

/** Written, listed and counted; each has its own content. */
async function count(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root(), name)), { recursive: true });
    await writeFile(join(root(), name), `${name} 2\n`);
  }
  await runActivity(createScanActivities(bed.dependencies()).listSource, {
    pipeline: PIPELINE,
    cursor: null,
    problem: null,
    startedAtMs: 0,
  });
  for (const { fileId, sourceKey } of await bed.sink.listFiles({ pipeline: PIPELINE, states: ['seen'], afterSequence: 0, limit: 9 })) {
    const content = countedContent([[sourceKey, 2n]]);
    const target = { fileId, version: 1, planDigest: content.planDigest, nowMs };
    await bed.sink.admit({ ...target, plan: content.plan, meaning: bed.runtime.meaning, policies: bed.runtime.policies });
    for (const partial of content.partials) await bed.sink.putPartial({ ...target, ...partial });
    await bed.sink.markCounted({ ...target, policies: bed.runtime.policies });
  }
  await bed.sink.apply({ pipeline: PIPELINE, policies: bed.runtime.policies, nowMs });
  nowMs += 2000;
}

interface Change {
  readonly sink?: Partial<Sink>;
  readonly source?: Partial<Source>;
  readonly runtime?: Partial<PipelineRuntime>;
}

/** One run after a scan; answers what was reported of each file. */
async function dispose(disposals?: FileDisposals, change: Change = {}): Promise<string[]> {
  const reported: string[] = [];
  const sink = Object.assign(Object.create(bed.sink) as Sink, change.sink);
  const source = Object.assign(Object.create(bed.runtime.source) as Source, change.source);
  const dependencies = bed.dependencies();
  const metrics = { ...dependencies.metrics, disposed: (_: string, kind: string, outcome: string) => reported.push(`${kind} ${outcome}`) };
  const run = disposals ?? new FileDisposals({ ...dependencies, sink, metrics, now: () => nowMs });
  const runtime = { ...bed.runtime, source, afterCounting: move(), ...change.runtime };
  await runActivity(() => run.run(runtime), { pipeline: PIPELINE });
  return reported;
}

const ids = async () => await bed.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 9 });

test('a counted file is moved under its path, once its time has come, with a note in the ledger', async () => {
  await count('a', 'deep/b');
  nowMs -= 1500;
  expect(await dispose()).toEqual([]);
  nowMs += 1500;
  expect(await dispose()).toEqual(['move done', 'move done']);
  expect(await readFile(counted('deep/b'), 'utf8')).toBe('deep/b 2\n');
  expect([existsSync(join(root(), 'a')), existsSync(counted('a'))]).toEqual([false, true]);
  expect(await dispose()).toEqual([]);
  const notes = (await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 2, limit: 9 })).map(({ reason }) => reason);
  expect(notes.sort()).toEqual([`moved to ${counted('a')}`, `moved to ${counted('deep/b')}`]);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
});

test('it runs after a complete scan, and nobody’s files are touched unless that was said', async () => {
  await count('a');
  const scan = async (runtime: Partial<PipelineRuntime>) => {
    const dependencies = { ...bed.dependencies(runtime), now: () => nowMs };
    await runActivity(createScanActivities(dependencies).listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs: 0 });
    return existsSync(join(root(), 'a'));
  };
  expect(await scan({})).toBe(true);
  expect(await scan({ afterCounting: move() })).toBe(false);
});

test('a plan touches nothing', async () => {
  await count('a');
  expect(await dispose(undefined, { runtime: { pipeline: `${PIPELINE}~p1` } })).toEqual([]);
  expect(existsSync(join(root(), 'a'))).toBe(true);
});

test('a file that cannot be moved goes back, is told, and holds up no other', async () => {
  await count('a', 'deep/b');
  await mkdir(counted('.'), { recursive: true });
  await writeFile(counted('deep'), 'in the way');
  expect((await dispose()).sort()).toEqual(['move done', 'move failed']);
  expect(bed.failures).toEqual(['not_disposed']);
  expect(await readFile(join(root(), 'deep/b'), 'utf8')).toBe('deep/b 2\n');
  await rm(counted('deep'));
  expect(await dispose()).toEqual(['move done']);
});

test('what is retracted before its turn is left alone', async () => {
  await count('a');
  const [row] = await ids();
  const filesToDispose: Sink['filesToDispose'] = async (input) => {
    const page = await bed.sink.filesToDispose(input);
    await bed.sink.retract({ fileId: row!.fileId, version: 1, by: 'tester', reason: 'a test', nowMs });
    return page;
  };
  expect(await dispose(undefined, { sink: { filesToDispose } })).toEqual(['move withdrawn']);
  expect(await readFile(join(root(), 'a'), 'utf8')).toBe('a 2\n');
  expect(await bed.sink.readDisposals({ fileIds: [row!.fileId] })).toEqual([]);
});

test('what an attempt did that did not live to say so is found done', async () => {
  await count('a');
  const recordDisposal = () => Promise.reject(new Error('killed'));
  expect(await dispose(undefined, { sink: { recordDisposal } })).toEqual(['move failed']);
  expect(existsSync(join(root(), 'a'))).toBe(false);
  expect(await dispose()).toEqual(['move already']);
  const [row] = await ids();
  expect(await bed.sink.readDisposals({ fileIds: [row!.fileId] })).toMatchObject([{ state: 'done', place: counted('a') }]);
});

test('a stopped pipeline ends it before anything is touched', async () => {
  await count('a', 'b');
  await bed.sink.stop({ pipeline: PIPELINE, by: 'tester', reason: 'a test', nowMs });
  expect(new Set(await dispose())).toEqual(new Set(['move failed']));
  expect(bed.failures).toEqual(['pipeline_stopped']);
  expect([existsSync(join(root(), 'a')), existsSync(join(root(), 'b'))]).toEqual([true, true]);
});

test('a file that lost its name is told with every scan until somebody takes it away', async () => {
  await mkdir(counted('tallyline-displaced/x'), { recursive: true });
  await writeFile(counted('tallyline-displaced/x/a'), '');
  await dispose();
  await dispose();
  await rm(counted('tallyline-displaced/x/a'));
  await dispose();
  expect(bed.failures).toEqual(['file_displaced', 'file_displaced']);
});

test('a scan does not wait for what takes long, nor is the same begun again beside it', async () => {
  await count('a');
  jest.useFakeTimers();
  try {
    let [begun, ended] = [0, 0];
    let finish: () => void = () => undefined;
    const dispose: Source['dispose'] = async () => {
      begun += 1;
      await new Promise<void>((resolve) => (finish = resolve));
      ended += 1;
      return { outcome: 'changed', place: '' };
    };
    const source = Object.assign(Object.create(bed.runtime.source) as Source, { dispose, checkDisposal: async () => [] });
    const disposals = new FileDisposals({ ...bed.dependencies(), now: () => nowMs });
    const runtime = { ...bed.runtime, source, afterCounting: move() };
    const run = async () => {
      const ran = runActivity(() => disposals.run(runtime), { pipeline: PIPELINE });
      await jest.advanceTimersByTimeAsync(DISPOSE_WAIT_MS_MAX);
      await ran;
    };
    await run();
    await run();
    expect([begun, ended]).toEqual([1, 0]);
    finish();
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toBe(1);
  } finally {
    jest.useRealTimers();
  }
});
