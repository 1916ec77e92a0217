/** Files whose records name their periods, on a real server: several periods in one file, through a kill, a closing and a correction. */
import { spawnSync } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eventually } from '../helpers/eventually';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const MIB = 1024 * 1024;
const BY = ['--by', 'tester', '--reason', 'a test'];
const LINES = 90_000;
const KEYS = 7;
const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03'] as const;

let bed: TestBed;
/** Sum by period and key. */
const truth: Record<string, number> = {};
afterAll(async () => bed.destroy());

/** Lines in the order of a clock that runs from the first day to the last, in a zone an hour ahead of UTC. */
function textOf(lines: number, days: readonly string[]): string {
  return Array.from({ length: lines }, (_, index) => {
    const seconds = Math.floor((index * days.length * 86_400) / lines);
    const utc = new Date(Date.parse(`${days[0]!}T00:00:00Z`) + seconds * 1000).toISOString();
    const local = new Date(Date.parse(utc) + 3_600_000).toISOString().replace(/\.000Z$/, '+01:00');
    const [key, value] = [`k${index % KEYS}`, index % 1000];
    const id = `${utc.slice(0, 10)} ${key}`;
    truth[id] = (truth[id] ?? 0) + value;
    return `${key} ${value} ${local}\n`;
  }).join('');
}

async function put(name: string, content: Uint8Array | string): Promise<void> {
  const staged = join(bed.folder, name);
  await writeFile(staged, content);
  await rename(staged, join(bed.incoming, name));
}

function tallyline(...args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args, '--config', bed.configPath], { encoding: 'utf8' });
  expect([args[0], status, status === 0 ? '' : stderr]).toEqual([args[0], 0, '']);
  return { stdout, stderr };
}

/** `period(adjusts) key` to `sum/count`. */
async function totals(): Promise<Record<string, string>> {
  const { rows } = await bed.sink.readTotals({ pipeline: PIPELINE, limit: 1000 });
  const name = ({ period, adjusts, key }: (typeof rows)[number]) => `${period}${adjusts && `(${adjusts})`} ${Buffer.from(key).toString()}`;
  return Object.fromEntries(rows.map((row) => [name(row), `${row.sum}/${row.count}`]));
}

test('each record counts in its own period, whatever file it comes in and whatever dies meanwhile', async () => {
  bed = await TestBed.create({
    worker: { threads: 2, readBytesPerSecond: 2 * MIB },
    pipeline: {
      splitBytes: MIB,
      checkpoint: { bytes: MIB / 4, interval: '100ms' },
      format: { fields: 3 },
      period: { from: 'record', unit: 'day', field: 3, timestamp: 'iso8601' },
    },
  });
  await put('days.txt', textOf(LINES, DAYS));
  await put('day.gz', gzipSync(textOf(1000, DAYS.slice(1, 2))));
  await put('wrong.txt', 'k1 5 2026-03-01T00:00:00Z\nk1 5 2026-03-01\n');
  await bed.startWorker('orchestrate,scan,apply');
  const worker = await bed.startWorker('count');
  await bed.startScan();
  await eventually('a checkpoint', () => worker.logged('checkpoint stored').length > 0);
  await worker.kill('SIGKILL');
  await bed.writeConfig({}, { readBytesPerSecond: 1024 * MIB });
  await bed.startWorker('count');
  await bed.untilDone(3);
  const states = (await bed.files()).map(({ sourceKey, state, reason }) => `${sourceKey} ${reason ?? state}`);
  expect(states.sort()).toEqual(['day.gz in', 'days.txt in', 'wrong.txt reject_budget']);
  const found = tallyline('totals', '--output', 'csv').stdout.split('\n');
  expect(found[0]).toBe('period,key,sum,count');
  const sums = found.slice(1, -1).map((row) => row.split(','));
  expect(Object.fromEntries(sums.map(([period, key, sum]) => [`${period!} ${key!}`, Number(sum)]))).toEqual(truth);
  const days = (await bed.files()).find(({ sourceKey }) => sourceKey === 'days.txt')!;
  expect(await bed.sink.readReceipt(days.fileId)).toMatchObject({
    ...{ records: LINES, periods: 3, firstPeriod: DAYS[0], lastPeriod: DAYS[2], grammarVersion: 3 },
  });
  tallyline('verify', '--source');

  expect(tallyline('period', 'close', DAYS[1], ...BY).stderr).toContain('left out of any period: 1 files');
  const before = await totals();
  const { fileId, version } = (await bed.files()).find(({ sourceKey }) => sourceKey === 'day.gz')!;
  await bed.sink.retract({ fileId, version, by: 'tester', reason: 'a test', nowMs: Date.now() });
  const after = await totals();
  const adjusting = Object.keys(after).filter((name) => !(name in before));
  expect(adjusting).toEqual(Array.from({ length: KEYS }, (_, index) => `${DAYS[2]}(${DAYS[1]}) k${index}`));
  expect(after).toMatchObject(before);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}, 60_000);
