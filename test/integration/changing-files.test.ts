/** Files that grow, are replaced, truncated or removed are counted as one generation or not at all. */
import { appendFile, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../helpers/eventually';
import { sampleText, writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const MIB = 1024 * 1024;
let bed: TestBed;
afterEach(async () => bed.destroy());

test('a file that still grows waits as unsettled and is counted once it rests', async () => {
  bed = await TestBed.create({ source: { quietPeriod: '2s' } });
  const truth: Truth = new Map();
  const path = join(bed.incoming, 'growing.txt');
  await bed.startWorker();
  const file = await open(path, 'w');
  await file.write(sampleText({ seed: 1, lines: 100 }, truth));
  expect(await bed.scan()).toMatchObject({ listed: 1, unsettled: 1, registered: 0, started: 0 });
  await file.write(sampleText({ seed: 2, lines: 100 }, truth));
  await file.close();
  expect(await bed.scan()).toMatchObject({ listed: 1, unsettled: 1, registered: 0 });
  const status = await bed.sink.readStatus({ pipeline: PIPELINE });
  expect(status.leftOut).toMatchObject([{ state: 'unsettled', files: 1 }]);
  await eventually('the file to settle', async () => Number((await bed.scan())['registered']) === 1, 20_000);
  await bed.untilDone(1);
  expect(await bed.sums()).toEqual(truth);
});

const changes: readonly { readonly name: string; readonly change: (path: string) => Promise<void>; readonly reason: string }[] = [
  {
    name: 'replaced.txt',
    change: async (path) => (await writeFile(`${path}.new`, '1 1\n'), rename(`${path}.new`, path)),
    reason: 'changed',
  },
  { name: 'truncated.txt', change: async (path) => truncate(path, MIB), reason: 'changed' },
  { name: 'appended.txt', change: async (path) => appendFile(path, '1 1\n'), reason: 'changed' },
  { name: 'removed.txt', change: async (path) => rm(path), reason: 'vanished' },
];

test('files that are replaced, truncated, appended to or removed while they are counted are set aside, and the others go on', async () => {
  bed = await TestBed.create({
    worker: { readBytesPerSecond: 8 * MIB, threads: 2 * changes.length },
    source: { exclude: ['**/*.new'] },
    pipeline: { splitBytes: 2 * MIB, checkpoint: { bytes: MIB / 4, interval: '100ms' } },
  });
  const truth: Truth = new Map();
  for (const [index, { name }] of changes.entries()) await writeSample(bed.incoming, name, { seed: 10 + index, lines: 400_000 }, new Map());
  await writeSample(bed.incoming, 'other.txt', { seed: 2, lines: 1_000 }, truth);
  const worker = await bed.startWorker();
  await bed.startScan();
  for (const { name, change } of changes) {
    const fileId = await eventually(`${name} to be counted`, () => {
      return worker.logged('split begins').find((line) => line['sourceKey'] === name)?.['fileId'];
    });
    await eventually(`a checkpoint of ${name}`, () => worker.logged('checkpoint stored').some((line) => line['fileId'] === fileId));
    await change(join(bed.incoming, name));
  }
  const rows = await bed.untilDone(changes.length + 1);
  const expected = [...changes.map(({ name, reason }) => [name, reason]), ['other.txt', 'in']] as [string, string][];
  expect(new Map(rows.map((row) => [row.sourceKey, row.reason ?? row.state]))).toEqual(new Map(expected));
  expect(await bed.sums()).toEqual(truth);
  // What replaced or changed a file is a new generation beside one that was never counted: it counts.
  expect(await bed.scan()).toMatchObject({ complete: true, registered: 3 });
  const after = await bed.untilDone(changes.length + 4);
  const newer = after.slice(changes.length + 1).map(({ sourceKey, state }) => [sourceKey, state]);
  expect(new Map(newer as [string, string][])).toEqual(
    new Map(changes.slice(0, 3).map(({ name }) => [name, name === 'truncated.txt' ? 'quarantined' : 'in'])),
  );
});

test('an outage of the source quarantines nothing, and the files are counted when it is back', async () => {
  bed = await TestBed.create({
    worker: { readBytesPerSecond: 2 * MIB, threads: 1 },
    pipeline: { splitBytes: 2 * MIB, checkpoint: { bytes: MIB / 4, interval: '100ms' } },
  });
  const truth: Truth = new Map();
  await writeSample(bed.incoming, 'usage.txt', { seed: 1, lines: 300_000 }, truth);
  const worker = await bed.startWorker();
  await bed.startScan();
  await eventually('a checkpoint', () => worker.logged('checkpoint stored').length > 0);
  await rename(bed.incoming, `${bed.incoming}-unmounted`);
  await eventually('the outage to be noticed', () => worker.lines.some((line) => JSON.stringify(line).includes('source_unavailable')));
  expect((await bed.files()).map(({ state }) => state)).toEqual(['counting']);
  await rename(`${bed.incoming}-unmounted`, bed.incoming);
  await bed.untilDone(1);
  expect(await bed.sums()).toEqual(truth);
});

test('a file with rejects is set aside with its receipt, an unterminated last line is not counted, and the others go on', async () => {
  bed = await TestBed.create();
  const truth: Truth = new Map();
  await writeFile(join(bed.incoming, 'bad.txt'), '1 5\nnot a record at all\n2 x\n');
  await writeFile(join(bed.incoming, 'cut.txt'), '1 5\n2 7');
  await writeFile(join(bed.incoming, 'empty.txt'), '');
  await writeSample(bed.incoming, 'good.txt', { seed: 2, lines: 1_000 }, truth);
  await bed.startWorker();
  await bed.scan();
  const rows = await bed.untilDone(4);
  expect(Object.fromEntries(rows.map((row) => [row.sourceKey, row.reason ?? row.state]))).toEqual({
    'bad.txt': 'reject_budget',
    'cut.txt': 'unterminated_last_line',
    'empty.txt': 'in',
    'good.txt': 'in',
  });
  const bad = rows.find((row) => row.sourceKey === 'bad.txt')!;
  const receipt = await bed.sink.readReceipt(bad.fileId);
  expect(receipt).toMatchObject({ lines: 3, records: 1, rejects: { too_many_fields: { count: 1 }, value_syntax: { count: 1 } } });
  expect(await bed.sums()).toEqual(truth);
});
