/** Manifests and expected files on a real server: what is not what its manifest says, or has none, is not billed; what does not come is told. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { CaseFolder } from '../helpers/case-folder';
import { eventually } from '../helpers/eventually';
import { PIPELINE, TestBed, type LogLine, type WorkerChild } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
let bed: TestBed;
let worker: WorkerChild;

beforeAll(async () => {
  bed = await TestBed.create({
    source: { manifest: { suffix: '.manifest.json', batch: '**/batch*.json', required: true } },
    pipeline: { expect: { every: '1s', within: '0s' } },
  });
  worker = await bed.startWorker();
});
afterAll(async () => bed.destroy());

async function take(): Promise<void> {
  expect(await bed.scan()).toMatchObject({ complete: true });
  await bed.untilDone(0);
}

const json = JSON.stringify;

test('a file counts when it is what its manifest says, is set aside when not, and waits where there is none', async () => {
  const folder = await CaseFolder.create(bed, 'beside');
  const content = folder.lines({ a: 5, b: 7 });
  await folder.put('right.txt.manifest.json', json({ bytes: content.length, lines: 2, records: 2, sum: '12' }));
  await folder.put('right.txt', content);
  await folder.put('cut.txt.manifest.json', json({ lines: 3, sum: '12' }));
  await folder.put('cut.txt', folder.lines({ c: 5 }));
  await folder.put('alone.txt', folder.lines({ d: 9 }));
  await take();
  expect(await folder.states()).toEqual(['cut.txt: control_mismatch', 'right.txt: in']);
  expect(await folder.sums()).toEqual({ a: 5, b: 7 });
  const cut = (await bed.files(['quarantined'])).find(({ sourceKey }) => sourceKey === 'beside/cut.txt');
  expect(cut?.detail).toBe('lines: expected 3, found 1; sum: expected 12, found 5 (manifest beside/cut.txt.manifest.json)');
  await folder.put('batch-late.json', json({ files: [{ file: './alone.txt', sum: '9' }] }));
  await take();
  // The batch is read with its page, which the file that it lists may be on: the next scan takes that up in any case.
  await take();
  expect(await folder.sums()).toEqual({ a: 5, b: 7, d: 9 });
});

test('a file that the manifest disproves when it is in stays in, with a note and an alert', async () => {
  const folder = await CaseFolder.create(bed, 'late');
  await folder.put('usage.txt', folder.lines({ a: 5 }));
  await folder.put('usage.txt.manifest.json', json({ lines: 1 }));
  await take();
  await folder.put('usage.txt.manifest.json', json({ lines: 1, sum: '6' }));
  await take();
  expect(await folder.sums()).toEqual({ a: 5 });
  const notes = (await bed.sink.readLedger({ pipeline: PIPELINE, afterNumber: 0, limit: 100 })).filter(({ kind }) => kind === 'note');
  expect(notes.map(({ reason }) => reason)).toEqual(['control_mismatch: sum: expected 6, found 5 (manifest late/usage.txt.manifest.json)']);
  expect(await logged('files in the totals are not what a manifest says that came later')).toMatchObject({
    code: 'control_mismatch',
    files: 1,
  });
  expect(await metric('tallyline_late_control_mismatches_total')).toBe(1);
});

test('what is overdue is shown by status, a gauge and a warning', async () => {
  const folder = await CaseFolder.create(bed, 'overdue');
  await folder.put('batch.json', json({ files: [{ file: './missing.txt' }] }));
  await folder.put('broken.txt', folder.lines({ a: 1 }));
  await folder.put('broken.txt.manifest.json', '{"sum":1}');
  await take();
  const silentAfterMs = 1_000;
  await eventually('the source to be silent for longer than it may', async () => {
    const { overdueFiles, silentSources } = await bed.sink.readExpected({ pipeline: PIPELINE, nowMs: Date.now() });
    return overdueFiles === 1 && silentSources[0]?.everyMs === silentAfterMs;
  });
  await take();
  await eventually('a warning', () => worker.logged('expected files did not come in time').some((line) => line['sources'] === 1));
  expect(await logged('expected files did not come in time')).toMatchObject({ code: 'file_overdue', level: 'warn' });
  expect(await logged('manifests cannot be read, and hold up their files')).toMatchObject({ code: 'manifest_malformed', manifests: 1 });
  await eventually('the gauge', async () => (await metric('tallyline_expected_files_overdue')) === 2);
  expect(await metric('tallyline_malformed_manifests')).toBe(1);
  const status = JSON.parse(run('status', '--output', 'json')) as { expected: unknown };
  expect(status.expected).toMatchObject({
    overdueFiles: 1,
    overdue: [{ sourceKey: 'overdue/missing.txt', manifestKey: 'overdue/batch.json' }],
    silentSources: [{ sourceId: 'incoming', everyMs: silentAfterMs }],
    malformedManifests: [{ manifestKey: 'overdue/broken.txt.manifest.json' }],
  });
  expect(run('status')).toMatch(/OVERDUE[^]*overdue\/missing\.txt[^]*MALFORMED[^]*broken\.txt\.manifest\.json/);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
});

/** Lines of the worker come through a pipe, and so later than what they tell. */
async function logged(message: string): Promise<LogLine> {
  return await eventually(message, () => worker.logged(message)[0]);
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(worker.metricsAddress)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
}

function run(...args: readonly string[]): string {
  return spawnSync(process.execPath, [BIN, ...args, '--config', bed.configPath], { encoding: 'utf8', timeout: 60_000 }).stdout;
}
