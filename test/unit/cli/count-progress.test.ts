import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describeProgress, showCountProgress } from '../../../src/cli/count-progress';

const MB = 1_000_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyline-progress-'));
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
  rmSync(folder, { recursive: true });
});

function terminalOf(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) > 0 };
}

test('on a terminal the line follows what was read, and is wiped at the end', () => {
  const path = join(folder, 'a.txt');
  writeFileSync(path, Buffer.alloc(2 * MB));
  const terminal = terminalOf(true);
  const readBytes = new SharedArrayBuffer(8);
  const bar = showCountProgress([path, path], readBytes, terminal);
  Atomics.add(new BigInt64Array(readBytes), 0, BigInt(MB));
  jest.advanceTimersByTime(200);
  expect(terminal.written).toHaveLength(1);
  expect(terminal.written[0]).toContain('25 %  1.0 MB of 4.0 MB');
  bar.stop();
  jest.advanceTimersByTime(2000);
  expect(terminal.written.slice(1)).toEqual(['\r\x1b[K']);
});

test('where stderr is no terminal nothing is written', () => {
  const terminal = terminalOf(false);
  const bar = showCountProgress([folder], new SharedArrayBuffer(8), terminal);
  jest.advanceTimersByTime(2000);
  bar.stop();
  expect(terminal.written).toEqual([]);
});

test.each(['-', 'no-such-file', __filename + '/below-a-file'])('of `%s` nobody knows the size, so no part of it is shown', (path) => {
  const terminal = terminalOf(true);
  const bar = showCountProgress([path], new SharedArrayBuffer(8), terminal);
  jest.advanceTimersByTime(200);
  bar.stop();
  expect(terminal.written[0]).toMatch(/^\r\x1b\[K0\.0 MB {2}0\.0 MB\/s$/);
});

test.each([
  [0, 10 * MB, 0, '[..............................] 0 %  0.0 MB of 10.0 MB  0.0 MB/s'],
  [5 * MB, 10 * MB, 500, '[###############...............] 50 %  5.0 MB of 10.0 MB  10.0 MB/s'],
  // A file that grew.
  [20 * MB, 10 * MB, 1000, '[##############################] 100 %  20.0 MB of 10.0 MB  20.0 MB/s'],
  [0, 0, 1000, '[##############################] 100 %  0.0 MB of 0.0 MB  0.0 MB/s'],
  [5 * MB, NaN, 1000, '5.0 MB  5.0 MB/s'],
])('%d of %d bytes after %d ms', (bytes, totalBytes, elapsedMs, line) => {
  expect(describeProgress(bytes, totalBytes, elapsedMs)).toBe(line);
});
