/** The main job over Postgres: several worker processes, kills, and answers that are exact to the last digit. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually';
import { PostgresServer } from '../helpers/postgres-server';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const FILES = 40;
const run = promisify(execFile);

let server: PostgresServer;
let bed: TestBed;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 60_000);
afterAll(() => server.remove());
afterEach(() => bed.destroy());

async function tallyline(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [BIN, ...args, '--config', bed.configPath], { timeout: 60_000 })).stdout;
}

test('files counted by three workers of which one is killed now and then are counted once each', async () => {
  bed = await TestBed.create({ postgres: server.options(), worker: { threads: 1 } });
  await tallyline('setup');
  const truth: Truth = new Map();
  for (let index = 0; index < FILES; index += 1) await writeSample(bed.incoming, `f${index}.txt`, { seed: index, lines: 2_000 }, truth);
  const workers = await Promise.all([bed.startWorker(), bed.startWorker(), bed.startWorker()]);
  await bed.startScan();
  for (const worker of workers.slice(0, 2)) {
    const inBefore = (await bed.files(['in'])).length;
    await eventually('more files in', async () => (await bed.files(['in'])).length > Math.min(inBefore, FILES - 1));
    await worker.kill('SIGKILL');
    await bed.startWorker();
  }
  const rows = await bed.untilDone(FILES, 90_000);
  expect(rows.map(({ state }) => state)).toEqual(Array(FILES).fill('in'));
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}, 180_000);

test('sums at the edge of 64 bits, decimals and negatives come out as they went in, as CSV, JSON and SQL', async () => {
  const options = server.options();
  bed = await TestBed.create({ postgres: options, pipeline: { format: { scale: 2, allowNegative: true } } });
  await writeFile(join(bed.incoming, 'a.txt'), 'max 92233720368547758.07\nmin -92233720368547758.08\nhalf 0.5\nhalf -1.25\n=1+1 3\n');
  await bed.startWorker();
  await bed.scan();
  await bed.untilDone(1);
  const csv = 'key,sum,count\n=1+1,300,1\nhalf,-75,2\nmax,9223372036854775807,1\nmin,-9223372036854775808,1\n';
  expect(await tallyline('totals', '--output', 'csv')).toBe(csv);
  expect(await tallyline('totals', '--output', 'csv', '--for-spreadsheet')).toBe(csv.replace('=1+1', "'=1+1"));
  const { totals } = JSON.parse(await tallyline('totals', '--output', 'json')) as { totals: { key: string[]; sum: string }[] };
  expect(totals.map(({ key, sum }) => [key[0], sum])).toEqual([
    ['=1+1', '300'],
    ['half', '-75'],
    ['max', '9223372036854775807'],
    ['min', '-9223372036854775808'],
  ]);
  const rows = await server.query(`SELECT key, sum::text AS sum FROM ${options.schema}.totals ORDER BY key COLLATE "C"`);
  expect(rows.map(({ sum }) => sum)).toEqual(totals.map(({ sum }) => sum));
  const [file] = await server.query(`SELECT state, records::int AS records FROM ${options.schema}.files`);
  expect(file).toEqual({ state: 'in', records: 5 });
  await tallyline('retract', 'a.txt', '--by', 'alice', '--reason', 'a test');
  expect(await tallyline('totals', '--output', 'csv')).toBe('key,sum,count\n');
  expect(await tallyline('totals', '--output', 'csv', '--as-of', '1')).toBe(csv);
}, 60_000);
