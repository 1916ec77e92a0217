/** A line on a terminal that says how far a count is. Nothing is written where stderr is no terminal. */
import { statSync } from 'node:fs';

import { megabytes } from './progress';

const REDRAW_MS = 200;
const BAR_CHARACTERS = 30;

type Terminal = Pick<NodeJS.WriteStream, 'isTTY'> & { write(text: string): boolean };

/** `readBytes` is one 64-bit number. */
export function showCountProgress(
  paths: readonly string[],
  readBytes: SharedArrayBuffer,
  terminal: Terminal = process.stderr,
): { stop: () => void } {
  if (!terminal.isTTY) return { stop: () => undefined };
  const totalBytes = paths.reduce((sum, path) => sum + sizeOf(path), 0);
  const startedMs = performance.now();
  const counter = new BigInt64Array(readBytes);
  const timer = setInterval(() => {
    const bytes = Number(Atomics.load(counter, 0));
    terminal.write(`\r\x1b[K${describeProgress(bytes, totalBytes, performance.now() - startedMs)}`);
  }, REDRAW_MS);
  return {
    stop: () => {
      clearInterval(timer);
      terminal.write('\r\x1b[K');
    },
  };
}

/** A total of NaN: nobody knows it. */
export function describeProgress(bytes: number, totalBytes: number, elapsedMs: number): string {
  const rate = `${megabytes((bytes * 1000) / Math.max(1, elapsedMs))}/s`;
  if (Number.isNaN(totalBytes)) return `${megabytes(bytes)}  ${rate}`;
  const part = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
  const full = Math.floor(part * BAR_CHARACTERS);
  const bar = `${'#'.repeat(full)}${'.'.repeat(BAR_CHARACTERS - full)}`;
  return `[${bar}] ${Math.floor(part * 100)} %  ${megabytes(bytes)} of ${megabytes(totalBytes)}  ${rate}`;
}

/** NaN where nobody can tell. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return NaN;
  }
}
