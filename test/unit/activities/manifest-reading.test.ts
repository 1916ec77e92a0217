import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineRuntime } from '../../../src/activities/dependencies';
import { createScanActivities } from '../../../src/activities/scan-activities';
import type { ControlTotals } from '../../../src/core/control-totals';
import { MANIFEST_BYTES_MAX } from '../../../src/core/limits';
import { openSource } from '../../../src/sources/open-source';
import { ActivityBed, PIPELINE, runActivity } from '../../helpers/activity-bed';
import { countedContent } from '../../helpers/counted-content';

let root: string;
let bed: ActivityBed;
let scans: ReturnType<typeof createScanActivities>;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-manifests-'));
  bed = await ActivityBed.create(root);
  open();
});
afterEach(async () => rm(root, { recursive: true }));

const content = countedContent([['1', 2n]]);

function open(change: Partial<PipelineRuntime> = {}): void {
  const sourceOptions = { ...bed.runtime.sourceOptions, manifestSuffix: '.json', batchManifests: 'm/*.json' };
  const manifests = { isRequired: false };
  const runtime = { ...bed.runtime, sourceOptions, source: openSource(sourceOptions), manifests, ...change };
  scans = createScanActivities(bed.dependencies(runtime));
}

async function put(name: string, text: string): Promise<void> {
  await mkdir(join(root, name, '..'), { recursive: true });
  await writeFile(join(root, name), text);
}

const putBatch = (files: readonly object[], name = 'm/b.json') => put(name, JSON.stringify({ files }));
const scan = (startedAtMs = 0) => runActivity(scans.listSource, { pipeline: PIPELINE, cursor: null, problem: null, startedAtMs });
const files = async () => await bed.sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 100 });
const expected = async (nowMs = Date.now()) => await bed.sink.readExpected({ pipeline: PIPELINE, nowMs });

/** Takes what is registered into the totals. */
async function countAll(policies = bed.runtime.policies): Promise<void> {
  const { plan, planDigest, partials } = content;
  const { meaning } = bed.runtime;
  for (const { fileId, version } of (await files()).filter(({ state }) => state === 'seen')) {
    const target = { fileId, version, planDigest, policies, nowMs: 1 };
    await bed.sink.admit({ ...target, plan, meaning });
    for (const partial of partials) await bed.sink.putPartial({ ...target, ...partial });
    await bed.sink.markCounted(target);
  }
  await bed.sink.apply({ pipeline: PIPELINE, policies, nowMs: 1 });
}

test('a manifest is never a file, beside one or as a batch', async () => {
  await put('a.txt', '1 2\n');
  await put('a.txt.json', '{"sum":"2"}');
  await putBatch([{ file: 'a.txt' }]);
  expect(await scan()).toMatchObject({ listed: 1, registered: 1, unsettled: 0, problem: null });
  expect((await files()).map(({ sourceKey }) => sourceKey)).toEqual(['a.txt']);
});

test('a backfill of a manifest by its key finds no file', async () => {
  await put('a.txt.json', '{"sum":"2"}');
  await putBatch([]);
  const choice = { kind: 'keys', keys: ['a.txt.json', 'm/b.json'] } as const;
  const result = await runActivity(scans.listBackfill, { pipeline: PIPELINE, choice, cursor: null });
  expect(result).toMatchObject({ matched: 2, states: { absent: 2 }, files: [] });
  expect(await files()).toEqual([]);
});

test('a backfill by key reads the manifest beside the file', async () => {
  await put('a.txt', '1 2\n');
  await put('a.txt.json', '{"sum":"3"}');
  await runActivity(scans.listBackfill, { pipeline: PIPELINE, choice: { kind: 'keys', keys: ['a.txt'] }, cursor: null });
  await countAll();
  expect(await files()).toMatchObject([{ sourceKey: 'a.txt', reason: 'control_mismatch' }]);
});

test.each<[string, ControlTotals, string]>([
  ['is what they say', { sum: '2', lines: 1 }, 'in'],
  ['is not', { sum: '3', lines: 1 }, 'control_mismatch'],
])('a file that %s is judged by the manifest beside it and by a batch alike', async (_, control, end) => {
  for (const name of ['a.txt', 'b.txt']) await put(name, '1 2\n');
  await put('a.txt.json', JSON.stringify(control));
  await putBatch([{ file: 'b.txt', ...control }]);
  await scan();
  await countAll({ ...bed.runtime.policies, duplicateContent: 'count' });
  expect((await files()).map(({ sourceKey, state, reason }) => `${sourceKey}: ${reason ?? state}`)).toEqual([
    `a.txt: ${end}`,
    `b.txt: ${end}`,
  ]);
});

test('a malformed manifest holds its file and is told with every scan, until it is mended', async () => {
  await put('a.txt', '1 2\n');
  await put('a.txt.json', '{"sum":2}');
  await put('b.txt', '1 2\n');
  expect(await scan()).toMatchObject({ registered: 1, unsettled: 1, problem: null });
  expect(await scan()).toMatchObject({ registered: 0, unsettled: 1 });
  expect(bed.failures).toEqual(['manifest_malformed', 'manifest_malformed']);
  expect((await expected()).malformedManifests).toMatchObject([
    { manifestKey: 'a.txt.json', fault: expect.stringContaining('has sum 2') as string },
  ]);
  await put('a.txt.json', '{"sum":"2"}');
  expect(await scan()).toMatchObject({ registered: 1, unsettled: 0 });
  expect((await expected()).malformedManifests).toEqual([]);
});

test('a malformed batch manifest holds every new file, and none once it is gone', async () => {
  await put('a.txt', '1 2\n');
  await scan();
  await put('m/b.json', '{"files":[{"file":"b.txt","sums":1}]}');
  await put('z.txt', '1 2\n');
  expect(await scan(Date.now())).toMatchObject({ registered: 0, unsettled: 1 });
  await rm(join(root, 'm/b.json'));
  expect(await scan(Date.now() + 1)).toMatchObject({ registered: 0, unsettled: 1 });
  expect(await scan(Date.now() + 1)).toMatchObject({ registered: 1, unsettled: 0 });
});

test('a manifest that is too large, or is no UTF-8, is malformed', async () => {
  await put('a.txt', '1 2\n');
  await writeFile(join(root, 'a.txt.json'), Buffer.alloc(MANIFEST_BYTES_MAX + 1, 0x20));
  await put('b.txt', '1 2\n');
  await writeFile(join(root, 'b.txt.json'), Buffer.from([0x7b, 0xff, 0x7d]));
  expect(await scan()).toMatchObject({ registered: 0, unsettled: 2 });
  expect((await expected()).malformedManifests.map(({ fault }) => fault.replace(/^manifest \S+ /, ''))).toEqual([
    `has ${MANIFEST_BYTES_MAX + 1} bytes; at most ${MANIFEST_BYTES_MAX} are read`,
    'is no UTF-8',
  ]);
});

test('half a manifest is no fault while it may still be written, but its file waits', async () => {
  open({ quietPeriodMs: 60_000 });
  const long = new Date(Date.now() - 120_000);
  await put('a.txt', '1 2\n');
  await utimes(join(root, 'a.txt'), long, long);
  await put('a.txt.json', '{"sum":');
  expect(await scan()).toMatchObject({ registered: 0, unsettled: 1 });
  expect(bed.failures).toEqual([]);
  await utimes(join(root, 'a.txt.json'), long, long);
  await scan();
  expect(bed.failures).toEqual(['manifest_malformed']);
});

test('a manifest is read once, whatever scans follow', async () => {
  await put('a.txt', '1 2\n');
  await put('a.txt.json', '{"sum":"2"}');
  await scan();
  const read = jest.spyOn(bed.sink, 'putManifest');
  await scan();
  expect(read).not.toHaveBeenCalled();
  await put('a.txt.json', '{"sum":"3"}');
  await scan();
  expect(read).toHaveBeenCalledTimes(1);
});

describe('a manifest that comes after its file is in', () => {
  const notes = async () => {
    const entries = await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 100 });
    return entries.filter(({ kind }) => kind === 'note').map(({ reason }) => reason);
  };
  const MISMATCH = 'control_mismatch: sum: expected 3, found 2 (manifest';

  test('judges it: a difference is noted and told once, and the file stays in', async () => {
    await put('a.txt', '1 2\n');
    await scan();
    await countAll();
    await put('a.txt.json', '{"sum":"3"}');
    await scan();
    await scan();
    expect(await notes()).toEqual([`${MISMATCH} a.txt.json)`]);
    expect(bed.lateMismatches).toBe(1);
    expect(await files()).toMatchObject([{ state: 'in' }]);
  });

  test('judges what the source has no more, as the last that was in', async () => {
    await put('a.txt', '1 2\n');
    await scan();
    await countAll();
    await rm(join(root, 'a.txt'));
    await putBatch([{ file: 'a.txt', sum: '3' }]);
    await scan();
    expect(await notes()).toEqual([`${MISMATCH} m/b.json)`]);
  });

  test('speaks of the generation that the source shows, not of one before it', async () => {
    await put('a.txt', '1 2\n');
    await scan();
    await countAll();
    await put('a.txt.new', '1 3\n1 4\n');
    await rename(join(root, 'a.txt.new'), join(root, 'a.txt'));
    await putBatch([{ file: 'a.txt', sum: '7' }]);
    await scan();
    expect(await notes()).toEqual([]);
  });

  test('is judged in a later scan when the first was cut off in between', async () => {
    await put('a.txt', '1 2\n');
    await scan();
    await countAll();
    await putBatch([{ file: 'a.txt', sum: '3' }]);
    const judge = jest.spyOn(bed.sink, 'judgeManifest').mockRejectedValueOnce(new Error('killed'));
    await expect(scan()).rejects.toThrow('killed');
    judge.mockRestore();
    await scan();
    expect(await notes()).toEqual([`${MISMATCH} m/b.json)`]);
  });
});

describe('what is expected', () => {
  test('is told when it is overdue, and again only when that changes', async () => {
    // Due before it is read, so that nobody has to wait for it.
    open({ expect: { everyMs: null, withinMs: -1_000 } });
    await putBatch([{ file: 'late.txt' }, { file: 'later.txt' }]);
    await scan();
    await scan();
    expect(bed.failures).toEqual(['file_overdue']);
    expect(await expected()).toMatchObject({ overdueFiles: 2, overdue: [{ sourceKey: 'late.txt' }, { sourceKey: 'later.txt' }] });
    await put('late.txt', '1 2\n');
    await scan();
    expect(bed.failures).toEqual(['file_overdue', 'file_overdue']);
    // Taken off the list.
    await putBatch([{ file: 'late.txt' }]);
    await scan();
    expect((await expected()).overdueFiles).toBe(0);
  });

  test('of a source is a new file every so often, also of an empty one', async () => {
    open({ expect: { everyMs: 1_000, withinMs: 0 } });
    await scan();
    expect(await expected(Date.now() + 500)).toMatchObject({ silentSources: [] });
    expect(await expected(Date.now() + 2_000)).toMatchObject({ silentSources: [{ sourceId: 'incoming', everyMs: 1_000 }] });
    open();
    await scan();
    expect(await expected(Date.now() + 2_000)).toMatchObject({ silentSources: [] });
  });
});
