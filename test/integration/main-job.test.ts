/** The main job, end to end: the emitter's files through Temporal into totals that equal the emitter's own. */
import { emitSamples } from '../helpers/emit-samples';
import { eventCount, eventsByType, fetchHistory, payloadsOverBudget } from '../helpers/history';
import { writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const MB = 1_000_000;
const MIB = 1024 * 1024;
const SMALL_FILES = 500;
let bed: TestBed;
afterEach(async () => bed.destroy());

async function expectTotals(truth: Truth): Promise<void> {
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}

test('ten emitted files and one of 1 GB in at least 16 splits become the true totals', async () => {
  bed = await TestBed.create({ pipeline: { splitBytes: 32 * MIB, heartbeatTimeout: '10s', checkpoint: { interval: '5s' } } });
  const truth: Truth = new Map();
  emitSamples(bed.incoming, truth, { files: 10, sizes: ['2MB', '10MB'], seed: 11, prefix: 'usage' });
  emitSamples(bed.incoming, truth, { files: 1, sizes: ['1GB', '1GB'], seed: 12, prefix: 'large' });
  await bed.startWorker();
  const startedAtMs = Date.now();
  expect(await bed.scan()).toMatchObject({ complete: true, listed: 11, started: 11 });
  const rows = await bed.untilDone(11, 150_000);
  const seconds = (Date.now() - startedAtMs) / 1000;
  expect(rows.map(({ state }) => state)).toEqual(Array(11).fill('in'));
  await expectTotals(truth);
  const large = rows.find((row) => row.sizeBytes >= 990 * MB)!;
  const receipt = await bed.sink.readReceipt(large.fileId);
  expect(receipt!.splits).toBeGreaterThanOrEqual(16);
  expect(receipt!.bytes).toBe(large.sizeBytes);
  const bytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
  process.stderr.write(`${(bytes / MB).toFixed(0)} MB in ${seconds.toFixed(1)} s, the large file in ${receipt!.splits} splits\n`);
}, 300_000);

test('500 small files go all the way, at few events a file', async () => {
  bed = await TestBed.create();
  const truth: Truth = new Map();
  for (let index = 0; index < SMALL_FILES; index += 1)
    await writeSample(bed.incoming, `small-${index}.txt`, { seed: index, lines: 50 }, truth);
  await bed.startWorker();
  const startedAtMs = Date.now();
  await bed.scan();
  const rows = await bed.untilDone(SMALL_FILES, 120_000);
  const seconds = (Date.now() - startedAtMs) / 1000;
  await expectTotals(truth);
  const { fileId, version } = rows[100]!;
  const history = await fetchHistory(bed.client, `file:${PIPELINE}:${fileId}:${version}`);
  process.stderr.write(
    `${(SMALL_FILES / seconds).toFixed(1)} files/s; ${eventCount(history)} events a file: ${JSON.stringify(eventsByType(history))}\n`,
  );
  expect(eventCount(history)).toBeLessThanOrEqual(12);
  expect(payloadsOverBudget(history)).toEqual([]);
}, 180_000);
