/** Sources of very many files, listed, compared and registered in a process whose memory stays as it is. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SCAN_PAGE_RESULT_BYTES_MAX } from '../../src/core/limits';
import { MemoryBucket } from '../helpers/memory-bucket';
import { BucketServer } from '../helpers/serve-bucket';

const IS_LONG = process.env['TALLYLINE_LONG'] === '1';
const FILES = 100_000;
const KEYS = IS_LONG ? 1_000_000 : 200_000;
const PAGE_KEYS = 1_000;
const RSS_BYTES_MAX = 300_000_000;
/** Of everything that JavaScript keeps. */
const HEAP = '--max-old-space-size=96';
const SCRIPT = resolve(__dirname, '..', 'helpers', 'list-many-files.cjs');

interface Scan {
  readonly listed: number;
  readonly registered: number;
  readonly seconds: number;
  readonly listRequests: number;
  readonly maxRssBytes: number;
}
interface Recorded {
  readonly recorded: number;
  readonly resultBytesMax: number;
  readonly seconds: number;
}
interface Found {
  readonly first: Scan;
  readonly started: Recorded;
  /** After the first one. */
  readonly later: readonly (Scan & { readonly started: Recorded })[];
  readonly maxRssBytes: number;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyline-many-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tell(what: string, { first, started, later, maxRssBytes }: Found): void {
  const again = later.map(({ seconds }) => `, compared again in ${seconds.toFixed(1)} s`).join('');
  process.stderr.write(
    `${what}: registered in ${first.seconds.toFixed(1)} s, handed to a recorder in ${started.seconds.toFixed(1)} s${again}; ` +
      `at most ${megabytes(first.maxRssBytes)} MB resident after the first scan, ${megabytes(maxRssBytes)} MB in all\n`,
  );
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

test('a directory of 100,000 files is listed and handed to a recorder within 300 MB', () => {
  const root = join(folder, 'incoming');
  mkdirSync(root);
  for (let index = 0; index < FILES; index += 1) writeFileSync(join(root, `usage-2026-11-23-${index}.txt`), '');
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEAP, SCRIPT, root, join(folder, 'tallyline.db'), '1'], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  expect([status, stderr.split('\n').filter((line) => line.includes('rror'))]).toEqual([0, []]);
  const found = JSON.parse(stdout) as Found;
  tell(`${FILES} files`, found);
  expect(found.first).toMatchObject({ listed: FILES, registered: FILES });
  expect(found.started.recorded).toBe(FILES);
  expect(found.maxRssBytes).toBeLessThan(RSS_BYTES_MAX);
  expect(found.started.resultBytesMax).toBeLessThanOrEqual(SCAN_PAGE_RESULT_BYTES_MAX);
}, 300_000);

test(
  `a bucket of ${KEYS} objects is compared and registered within 300 MB, once, and compared again by the next scan`,
  async () => {
    const residentBytes = process.memoryUsage.rss();
    const bucket = new MemoryBucket({ pageKeys: PAGE_KEYS });
    bucket.fill(keys(), new Uint8Array());
    const server = new BucketServer(bucket);
    const bucketBytes = process.memoryUsage.rss() - residentBytes;
    const child = fork(SCRIPT, ['', join(folder, 'tallyline.db'), '2'], {
      execArgv: [HEAP],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    server.serve(child);
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    expect(await once(child, 'close')).toEqual([0, null]);
    const found = JSON.parse(stdout) as Found;
    tell(`${KEYS} objects`, found);
    process.stderr.write(`the bucket itself, in another process: ${(server.busyMs / 1000).toFixed(1)} s, ${megabytes(bucketBytes)} MB\n`);
    // A stretch that ends in the middle of a page asks for the rest of it again.
    expect(found.first).toMatchObject({ listed: KEYS, registered: KEYS });
    expect(found.first.listRequests).toBeLessThan((KEYS / PAGE_KEYS) * 1.1 + 2);
    expect([server.recorded.size, server.recordedTwice]).toEqual([KEYS, 0]);
    expect(found.later).toMatchObject([{ listed: KEYS, registered: 0, listRequests: found.first.listRequests }]);
    expect(found.maxRssBytes).toBeLessThan(RSS_BYTES_MAX);
    expect(found.started.resultBytesMax).toBeLessThanOrEqual(SCAN_PAGE_RESULT_BYTES_MAX);
  },
  IS_LONG ? 900_000 : 120_000,
);

/** Days of many files, not in the order of their names. */
function* keys(): Generator<string> {
  for (let index = 0; index < KEYS; index += 1) yield `2026/11/${String(1 + (index % 30)).padStart(2, '0')}/usage-${index}.txt`;
}
