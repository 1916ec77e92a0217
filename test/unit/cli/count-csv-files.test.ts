/** `tallyline count` of CSV: in parallel where no record spans lines, in one split where one does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { countFiles } from '../../../src/cli/count-files';
import { countPlan } from '../../../src/cli/count-plan';
import { DEFAULT_COMPRESSION } from '../../../src/core/compression';
import { TallylineFailure } from '../../../src/core/failures';
import { DEFAULT_CSV_FORMAT, type CsvFormat } from '../../../src/core/format';
import { makePlan, type Plan } from '../../../src/core/plan';
import { emit } from '../../../src/emitter/emit';

const FORMAT: CsvFormat = { ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer'], valueColumn: 'amount' };
const READING = { format: FORMAT, compression: DEFAULT_COMPRESSION, isProven: true };
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tallyline-csv-'))));
afterEach(() => rm(folder, { recursive: true }));

async function count(name: string, content: string | Uint8Array, threads = 2) {
  const path = join(folder, name);
  await writeFile(path, content);
  const { files, totals } = await countFiles([path], READING, threads);
  return { receipt: files[0]!.receipt, rows: Buffer.concat([...totals.csv()!]).toString() };
}

/** So that a file is larger than the head start of the first thread. */
const NOTE = 'x'.repeat(80);

test('a file is cut into splits, which all know its header', async () => {
  const { receipt, rows } = await count('a.csv', `"note",amount,consumer\r\n${`${NOTE},2,"a,b"\r\n${NOTE},1,c\r\n`.repeat(400_000)}`);
  expect(receipt).toMatchObject({ splits: 2, headerBytes: 24, lines: 800_000, records: 800_000, rejected: 0, grammarVersion: 3 });
  expect(rows).toBe('"a,b",800000,400000\nc,400000,400000\n');
});

test('a record that spans lines in the middle of it makes it one split, and nothing is counted twice', async () => {
  const half = `${NOTE},2,a\n`.repeat(400_000);
  const { receipt, rows } = await count('a.csv', `note,amount,consumer\n${half}"one\ntwo,7,b\n",3,c\n${half}`);
  expect(receipt).toMatchObject({ splits: 1, lines: 800_001, records: 800_001, rejected: 0 });
  expect(rows).toBe('a,1600000,800000\nc,3,1\n');
});

test('a compressed file, too', async () => {
  const { receipt, rows } = await count('a.csv.gz', gzipSync('consumer,amount,note\na,1,"x\ny"\na,2,\n'));
  expect(receipt).toMatchObject({ compression: 'gzip', headerBytes: 21, records: 2, grammarVersion: 3 });
  expect(rows).toBe('a,3,2\n');
});

test('sample files of CSV have the totals that were printed with them', async () => {
  const sizes = { minSizeBytes: 1_000_000, maxSizeBytes: 2_000_000 };
  const emitted = await emit({ outDirectory: folder, files: 2, ...sizes, seed: 3, ids: 50, isCsv: true, prefix: 'sample' });
  expect(emitted.files.map(({ name }) => name)).toEqual(['sample-0.csv', 'sample-1.csv']);
  const paths = emitted.files.map(({ name }) => join(folder, name));
  const { files, totals } = await countFiles(paths, READING, 2);
  expect(files.map(({ receipt }) => receipt.lines)).toEqual(emitted.files.map(({ lines }) => lines));
  const rows = emitted.totals.map(({ key, sum, count: records }) => `${Buffer.from(key).toString()},${sum},${records}\n`);
  expect(Buffer.concat([...totals.csv()!]).toString()).toBe(rows.join(''));
});

test.each([
  ['empty.csv', '', 'the file has no header: it is empty'],
  ['empty.csv.gz', gzipSync(''), 'the file has no header: its first line is empty'],
  ['other.csv', 'a,b\n1,2\n', 'the header has no column "consumer"'],
])('%s ends the count with its name and what it lacks', async (name, content, why) => {
  await expect(count(name, content)).rejects.toMatchObject({
    code: 'header_unknown',
    fact: expect.stringContaining(`"${join(folder, name)}" cannot be counted: ${why}`) as string,
  });
});

test('splits that are of no use any more are given up, with what they came to, and no second plan is replaced', async () => {
  const plan = makePlan({
    ...{ format: FORMAT, compression: DEFAULT_COMPRESSION, periodRule: { kind: 'none' } },
    ...{ sizeBytes: 100, splitBytes: 30, sourceKey: 'a.csv', firstSeenMs: 0 },
  });
  const spanning = new TallylineFailure('record_spans_lines', 'it does');
  const signals: AbortSignal[] = [];
  const discarded: number[] = [];
  const discard = (splitIndex: number): unknown => discarded.push(splitIndex);
  const { signal } = new AbortController();
  const countSplit = async ({ splits }: Plan, splitIndex: number, either: AbortSignal): Promise<number> => {
    signals.push(either);
    if (splits.length > 1 && splitIndex === 2) throw spanning;
    return splitIndex;
  };
  const counted = await countPlan(plan, signal, countSplit, discard);
  expect(counted).toMatchObject({ plan: { format: { spansLines: true }, splits: [{ startOffset: 0, endOffset: 100 }] }, splits: [0] });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true, false]);
  expect(discarded).toEqual([0, 1, 3]);
  await expect(countPlan(plan, signal, () => Promise.reject(spanning), discard)).rejects.toBe(spanning);
});
