/** Real threads over real files. The threads run the build in dist. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_COMPRESSION } from '../../../src/core/compression';
import { DEFAULT_FORMAT } from '../../../src/core/format';
import { mergeEntries } from '../../../src/core/merge';
import { decodePartial } from '../../../src/core/partial-codec';
import { makePlan } from '../../../src/core/plan';
import { sha256Hex } from '../../../src/kernel/digest';
import { threadEntry } from '../../../src/kernel/thread-entry';
import type { CountedBlob, CountJob } from '../../../src/kernel/thread-messages';
import { ThreadPool } from '../../../src/kernel/thread-pool';
import { openSource } from '../../../src/sources/open-source';
import type { SourceOptions } from '../../../src/sources/source-options';
import { eventually } from '../../helpers/eventually';

const LINES = 400_000;
let root: string;
let sourceOptions: SourceOptions;
let pool: ThreadPool;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyline-threads-'));
  sourceOptions = { kind: 'directory', sourceId: 'in', root, include: ['**/*'], exclude: [] };
  await writeFile(join(root, 'a.txt'), Array.from({ length: LINES }, (_, index) => `${index % 3} ${index}\n`).join(''));
  pool = new ThreadPool({ threads: 2 });
});

afterEach(async () => {
  await pool.close();
  await rm(root, { recursive: true });
});

async function jobOf(change: Partial<CountJob> = {}): Promise<CountJob> {
  const file = (await openSource(sourceOptions).look('a.txt'))!;
  const splitBytes = 1_048_576;
  const plan = makePlan({
    format: DEFAULT_FORMAT,
    compression: DEFAULT_COMPRESSION,
    periodRule: { kind: 'none' },
    sizeBytes: file.sizeBytes,
    splitBytes,
    sourceKey: 'a.txt',
    firstSeenMs: 0,
  });
  return {
    sourceOptions,
    file,
    plan,
    splitIndex: 0,
    resume: null,
    checkpointBytes: 100_000,
    checkpointIntervalMs: 60_000,
    readBytesPerSecond: undefined,
    ...change,
  };
}

const signal = new AbortController().signal;

test('more splits than threads are all counted, each blob with its digest', async () => {
  const job = await jobOf();
  expect(job.plan.splits.length).toBeGreaterThan(2);
  const counted = await Promise.all(job.plan.splits.map((_, splitIndex) => pool.run({ ...job, splitIndex }, { signal })));
  expect(counted.reduce((sum, { records }) => sum + records, 0)).toBe(LINES);
  expect(counted.every(({ blob, digest }) => sha256Hex(blob) === digest)).toBe(true);
  const totals = mergeEntries(counted.map(({ blob }) => decodePartial(blob).entries));
  expect(totals.reduce((sum, entry) => sum + entry.sum, 0n)).toBe(BigInt((LINES * (LINES - 1)) / 2));
});

test('where this thread counts, too, it needs no other', async () => {
  const alone = new ThreadPool({ threads: 1, countsHere: true, entry: join(root, 'nowhere.js') });
  const job = await jobOf();
  const counted = await Promise.all(job.plan.splits.map((_, splitIndex) => alone.run({ ...job, splitIndex }, { signal })));
  expect(counted.reduce((sum, { records }) => sum + records, 0)).toBe(LINES);
  const abort = new AbortController();
  const reason = new Error('enough');
  const given = alone.run({ ...job, readBytesPerSecond: 10_000 }, { signal: abort.signal, onCheckpoint: () => abort.abort(reason) });
  await expect(given).rejects.toBe(reason);
  await alone.close();
});

test('where this thread counts, too, the others take jobs as soon as they are there', async () => {
  const entry = join(root, 'tells.js');
  const marker = join(root, 'began');
  await writeFile(entry, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, ''); require(${JSON.stringify(threadEntry())});\n`);
  const both = new ThreadPool({ threads: 2, countsHere: true, entry });
  const job = await jobOf();
  const abort = new AbortController();
  const slow = both.run({ ...job, readBytesPerSecond: 10_000 }, { signal: abort.signal });
  const others = [1, 2].map((splitIndex) => both.run({ ...job, splitIndex }, { signal }));
  for (const { records } of await Promise.all(others)) expect(records).toBeGreaterThan(0);
  expect(existsSync(marker)).toBe(true);
  abort.abort(new Error('enough'));
  await expect(slow).rejects.toThrow('enough');
  await both.close();
});

test('a checkpoint can be resumed in another thread, from its offset', async () => {
  const job = await jobOf();
  const checkpoints: CountedBlob[] = [];
  let starts = 0;
  const whole = await pool.run(job, { signal, onStart: () => starts++, onCheckpoint: (checkpoint) => checkpoints.push(checkpoint) });
  const last = checkpoints.at(-1)!;
  const resumed = await pool.run({ ...job, resume: last.blob }, { signal });
  expect(starts).toBe(1);
  expect(resumed.digest).toBe(whole.digest);
  // Of a split of one digest block all bytes are hashed again; none of its lines is counted again.
  expect(last.nextOffset).toBeGreaterThan(800_000);
});

test('a failure keeps its code and fact across the thread edge', async () => {
  const job = await jobOf();
  await expect(pool.run({ ...job, resume: Uint8Array.of(1, 2) }, { signal })).rejects.toMatchObject({
    name: 'TallylineFailure',
    code: 'checkpoint_unusable',
  });
  await appendFile(join(root, 'a.txt'), '1 1\n');
  await expect(pool.run(job, { signal })).rejects.toMatchObject({ code: 'changed', fact: expect.stringContaining('a.txt') as string });
});

test('an abort stops the running job with its reason and takes the waiting one out; the pool goes on', async () => {
  const job = await jobOf({ readBytesPerSecond: 10_000, checkpointBytes: 1000 });
  const abort = new AbortController();
  const reason = new Error('enough');
  const running = [0, 1, 2].map(() => pool.run(job, { signal: abort.signal, onCheckpoint: () => abort.abort(reason) }));
  for (const result of await Promise.allSettled(running)) expect(result).toEqual({ status: 'rejected', reason });
  await expect(pool.run(await jobOf(), { signal })).resolves.toMatchObject({ blanks: 0 });
});

test('a thread that dies fails its job with an error of no code, and is replaced', async () => {
  const entry = join(root, 'dies-once.js');
  const marker = JSON.stringify(join(root, 'died'));
  const dieOnce = `const fs = require('node:fs'); if (!fs.existsSync(${marker})) { fs.writeFileSync(${marker}, ''); process.exit(7); }`;
  await writeFile(entry, `${dieOnce}\nrequire(${JSON.stringify(threadEntry())});\n`);
  const mortal = new ThreadPool({ threads: 1, entry });
  const job = await jobOf();
  const first = mortal.run(job, { signal });
  const second = mortal.run(job, { signal });
  await expect(first).rejects.toThrow('the counting thread ended with code 7');
  await expect(second).resolves.toMatchObject({ rejected: 0 });
  await mortal.close();
});

test('an error that is no failure of the catalogue says where it came from', async () => {
  const job = await jobOf();
  const broken = { ...job, plan: { ...job.plan, splits: null as unknown as [] } };
  await expect(pool.run(broken, { signal })).rejects.toThrow(/counting failed: TypeError[^]*count-thread/);
});

test('close waits for running jobs, and those that wait for a thread are told', async () => {
  const job = await jobOf();
  const results = Promise.allSettled([0, 0, 0].map(() => pool.run(job, { signal })));
  await pool.close();
  const states = (await results).map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : 'counted'));
  expect(states).toEqual(['counted', 'counted', 'worker_draining']);
});

test('a closed pool takes no more jobs, as a worker that drains', async () => {
  await pool.close();
  await expect(pool.run(await jobOf(), { signal })).rejects.toMatchObject({ code: 'worker_draining' });
});

test('a thread that heeds no cancel is given up, and its place stays taken until it is gone', async () => {
  const entry = join(root, 'hangs-once.js');
  const marker = JSON.stringify(join(root, 'hung'));
  const fifo = join(root, 'fifo');
  execFileSync('mkfifo', [fifo]);
  // The read blocks in the system, where nothing can end it, until somebody writes.
  const hangOnce = `const fs = require('node:fs'); if (!fs.existsSync(${marker})) { fs.writeFileSync(${marker}, '');
    fs.readSync(fs.openSync(${JSON.stringify(fifo)}, 'r+'), Buffer.alloc(1)); }`;
  await writeFile(entry, `${hangOnce}\nrequire(${JSON.stringify(threadEntry())});\n`);
  const stubborn = new ThreadPool({ threads: 1, entry });
  const job = await jobOf();
  const abort = new AbortController();
  const reason = new Error('nothing comes');
  const first = stubborn.run(job, { signal: abort.signal });
  await eventually('the thread to hang', () => existsSync(join(root, 'hung')));
  abort.abort(reason);
  await expect(first).rejects.toBe(reason);
  let hasBegun = false;
  const second = stubborn.run(job, { signal, onStart: () => (hasBegun = true) });
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasBegun).toBe(false);
  await appendFile(fifo, 'x');
  await expect(second).resolves.toMatchObject({ rejected: 0 });
  await stubborn.close();
}, 20_000);

describe('a share of the pool', () => {
  test('takes no more threads than it may, while another takes those that are free', async () => {
    const slow = await jobOf({ readBytesPerSecond: 200_000, checkpointBytes: 1000 });
    const share = { name: 'usage', threadsMax: 1, readBytesPerSecond: undefined };
    const begun: string[] = [];
    const cancel = new AbortController();
    const run = (name: string, ofShare = share) =>
      pool.run(slow, { signal: cancel.signal, onStart: () => begun.push(name) }, ofShare).catch(() => name);
    const runs = [run('first'), run('second'), run('other', { ...share, name: 'billing' })];
    await eventually('both shares count', () => begun.length === 2);
    expect(begun).toEqual(['first', 'other']);
    cancel.abort();
    expect(await Promise.all(runs)).toEqual(['first', 'second', 'other']);
  });

  test('gives its place to the job of its own that waited, and a thread to whichever has room', async () => {
    const job = await jobOf();
    const share = { name: 'usage', threadsMax: 1, readBytesPerSecond: undefined };
    const counted = await Promise.all(Array.from({ length: 6 }, () => pool.run(job, { signal }, share)));
    expect(counted).toHaveLength(6);
    await expect(Promise.all([pool.run(job, { signal }), pool.run(job, { signal })])).resolves.toHaveLength(2);
  });
});
