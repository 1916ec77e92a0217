/** CSV on a real server: in parallel as long as every record is a line, exact and in one split where one spans lines, whatever is killed. */
import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually';
import type { Truth } from '../helpers/sample-files';
import { seededRandom } from '../helpers/seeded-random';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const MIB = 1024 * 1024;
const HEADER = 'note,amount,"consumer"\r\n';

let bed: TestBed;
afterAll(async () => bed.destroy());

async function put(name: string, content: string): Promise<void> {
  const staged = join(bed.folder, name);
  await writeFile(staged, content);
  await rename(staged, join(bed.incoming, name));
}

/** Records of keys that hold the delimiter, some of them quoted; `notes` says what their notes may be. */
function rows(seed: number, count: number, notes: readonly string[], truth: Truth): string {
  const random = seededRandom(seed);
  const parts: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const key = `consumer ${Math.floor(random() * 50)}, north`;
    const value = Math.floor(random() * 1000);
    parts.push(`${notes[Math.floor(random() * notes.length)]},${value},"${key}"\r\n`);
    truth.set(key, (truth.get(key) ?? 0n) + BigInt(value));
  }
  return parts.join('');
}

/** Beside the event loop: workers that count for it wait once nobody reads what they log. */
async function tallyline(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [BIN, ...args, '--config', bed.configPath])).stdout;
}

const receiptOf = async (file: string): Promise<unknown> => JSON.parse(await tallyline('receipt', file, '--output', 'json'));

test('files are exact, in parallel or in one split, also when a worker is killed after a record was found to span lines', async () => {
  bed = await TestBed.create({
    worker: { readBytesPerSecond: 2 * MIB, threads: 2 },
    pipeline: {
      splitBytes: MIB,
      checkpoint: { bytes: MIB / 4, interval: '100ms' },
      format: { kind: 'csv', key: 'consumer', value: 'amount' },
    },
  });
  const truth: Truth = new Map();
  const plain = ['', 'a note', '"quoted, with a comma"', '"and ""quotes"""'];
  await put('parallel.csv', HEADER + rows(1, 60_000, plain, truth));
  await put('small.csv', `amount,consumer\n1,small\n`);
  await put('small-spanning.csv', `consumer,amount,note\nsmall,2,"one\ntwo"\n`);
  truth.set('small', 3n);
  // What looks like records in the middle of a note is none.
  const spanning = `"one\r\nnote,999999,""consumer 1, north""\r\nlast",5,spanning\r\n`;
  truth.set('spanning', 5n);
  await put('spanning.csv', HEADER + rows(2, 60_000, plain, truth) + spanning + rows(3, 120_000, plain, truth));
  await put('renamed.csv', `note,amount,customer\r\n${rows(4, 20_000, plain, new Map())}`);
  await bed.startWorker('orchestrate,scan,apply');
  const worker = await bed.startWorker('count');
  await bed.startScan();
  const replaced = 'a record spans lines: the file is counted in one split';
  const fileId = await eventually('the record that spans lines', () => {
    return worker.logged(replaced).find((line) => line['file'] === 'spanning.csv')?.['fileId'];
  });
  // No split of the plan that was replaced goes so far.
  const isOfOneSplit = (nextOffset: unknown): boolean => typeof nextOffset === 'number' && nextOffset > 2 * MIB;
  await eventually('a checkpoint of the one split', () =>
    worker
      .logged('checkpoint stored')
      .some((line) => line['fileId'] === fileId && line['splitIndex'] === 0 && isOfOneSplit(line['nextOffset'])),
  );
  await worker.kill('SIGKILL');
  await bed.writeConfig({}, { readBytesPerSecond: 1024 * MIB });
  const successor = await bed.startWorker('count');
  await bed.untilDone(5);
  // What a worker logs arrives later than what it stores.
  const resumed = await eventually('the log of the split that goes on', () => {
    return successor.logged('split begins').find((line) => line['fileId'] === fileId);
  });
  expect(resumed).toMatchObject({ isResumed: true, splitIndex: 0 });

  const states = Object.fromEntries((await bed.files()).map(({ sourceKey, reason, state }) => [sourceKey, reason ?? state]));
  const counted = { 'parallel.csv': 'in', 'small.csv': 'in', 'small-spanning.csv': 'in', 'spanning.csv': 'in' };
  expect(states).toEqual({ ...counted, 'renamed.csv': 'header_unknown' });
  expect(await bed.sums()).toEqual(truth);
  const header = { headerBytes: HEADER.length, rejected: 0, grammarVersion: 3 };
  expect(await receiptOf('parallel.csv')).toMatchObject({ ...header, records: 60_000, splits: 3 });
  expect(await receiptOf('spanning.csv')).toMatchObject({ ...header, records: 180_001, lines: 180_001, splits: 1 });
  expect(await tallyline('totals', '--output', 'csv')).toContain(`"consumer 1, north",${truth.get('consumer 1, north')},`);

  await tallyline('recount', 'spanning.csv', '--by', 'tester', '--reason', 'a test');
  await tallyline('verify', '--source');
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
  expect(await bed.sums()).toEqual(truth);
}, 60_000);
