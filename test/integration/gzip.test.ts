/** Gzip files beside plain ones on a real server: counted once whatever happens, and set aside when they are not what they should be. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { eventually } from '../helpers/eventually';
import { sampleText, writeSample, type Truth } from '../helpers/sample-files';
import { PIPELINE, TestBed } from '../helpers/test-bed';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
const MIB = 1024 * 1024;
const SLOW = { readBytesPerSecond: 2 * MIB };
const FAST = { readBytesPerSecond: 1024 * MIB };
const BY = ['--by', 'tester', '--reason', 'a test'];

let bed: TestBed;
afterAll(async () => bed.destroy());

async function put(name: string, content: Uint8Array | string): Promise<void> {
  const staged = join(bed.folder, name);
  await writeFile(staged, content);
  await rename(staged, join(bed.incoming, name));
}

function tallyline(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args, '--config', bed.configPath], { encoding: 'utf8' });
  expect([args[0], status, status === 0 ? '' : stderr]).toEqual([args[0], 0, '']);
  return stdout;
}

const statesOf = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await bed.files()).map(({ sourceKey, reason, state }) => [sourceKey, reason ?? state]));

test('gzip files are counted to the same totals, also after a kill in the middle, and damaged ones and bombs are set aside', async () => {
  bed = await TestBed.create({
    worker: { ...SLOW, threads: 2 },
    source: { manifest: { suffix: '.manifest' } },
    pipeline: { splitBytes: MIB, checkpoint: { bytes: MIB / 2, interval: '100ms' }, format: { maxPlainBytes: '8MB' } },
  });
  const truth: Truth = new Map();
  const [first, second] = [sampleText({ seed: 1, lines: 3_000 }, truth), sampleText({ seed: 2, lines: 2_000 }, truth)];
  const small = Buffer.concat([gzipSync(first), gzipSync(second)]);
  const contentDigest = createHash('sha256').update(createHash('sha256').update(small).digest()).digest('hex');
  await put('small.gz.manifest', JSON.stringify({ bytes: small.length, lines: 5_000, records: 5_000, contentDigest }));
  await put('small.gz', small);
  await writeSample(bed.incoming, 'plain.txt', { seed: 3, lines: 1_000 }, truth);
  const text = sampleText({ seed: 4, lines: 500_000 }, truth);
  const large = gzipSync(text, { level: 1 });
  await put('large.gz', large);
  await put('cut.gz', gzipSync(first).subarray(0, -20));
  await put('bomb.gz', gzipSync(Buffer.alloc(9_000_000, '1 1\n')));
  await put('text.gz', first);
  await put('empty.gz', '');
  await bed.startWorker('orchestrate,scan,apply');
  const worker = await bed.startWorker('count');
  await bed.startScan();
  const fileId = await eventually('the large file to be counted', () => {
    return worker.logged('split begins').find((line) => line['sourceKey'] === 'large.gz')?.['fileId'];
  });
  await eventually('its checkpoint', () => worker.logged('checkpoint stored').some((line) => line['fileId'] === fileId));
  await worker.kill('SIGKILL');
  await bed.writeConfig({}, FAST);
  const successor = await bed.startWorker('count');
  await bed.untilDone(7);
  const resumed = await eventually('the log of the split that goes on', () => {
    return successor.logged('split begins').find((line) => line['fileId'] === fileId);
  });
  expect(resumed).toMatchObject({ isResumed: true, splitIndex: 0 });
  const damaged = Object.fromEntries(['cut.gz', 'text.gz', 'empty.gz'].map((name) => [name, 'compressed_damaged']));
  const counted = { 'small.gz': 'in', 'large.gz': 'in', 'plain.txt': 'in' };
  expect(await statesOf()).toEqual({ ...counted, ...damaged, 'bomb.gz': 'compressed_too_large' });
  expect(await bed.sums()).toEqual(truth);
  expect(JSON.parse(tallyline('receipt', 'large.gz', '--output', 'json'))).toMatchObject({
    ...{ bytes: large.length, compression: 'gzip', plainBytes: text.length, lines: 500_000, splits: 1, grammarVersion: 2 },
  });
  const listed = JSON.parse(tallyline('files', '--state', 'in', '--output', 'json')) as Record<string, unknown>[];
  expect(listed.find(({ sourceKey }) => sourceKey === 'large.gz')).toMatchObject({ sizeBytes: large.length, plainBytes: text.length });

  await put('again.gz', gzipSync(text, { level: 9 }));
  await bed.scan();
  await bed.untilDone(8);
  expect(await statesOf()).toMatchObject({ 'again.gz': 'duplicate_content' });

  tallyline('recount', 'large.gz', ...BY);
  tallyline('verify', '--source');
  expect(await bed.sums()).toEqual(truth);
  expect(await bed.sink.verify({ pipeline: PIPELINE })).toEqual([]);
}, 60_000);
