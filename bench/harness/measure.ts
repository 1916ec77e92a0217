import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { PYTHON, THREADS } from '../peers/places';
import type { Variant } from './contender';

const MEASURE = join(__dirname, 'measure.py');
const PIECE_BYTES = 4_194_304;
const ERROR_CHARACTERS_MAX = 2_000;
/** Of one run; the slowest peer needs far less for 10 GB. */
const RUN_MS_MAX = 1_200_000;
/** Node reads these certificates whenever it starts, for as long as `tallyline count` takes for a small file; nobody here asks for one. */
const WITHOUT_CERTIFICATES = { NODE_EXTRA_CA_CERTS: '' };

export interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Throws an Error with what it said when it does not end well, or not within 20 minutes. Its stdout goes to `outputFile`. */
export async function measure({ command, environment }: Variant, outputFile: string): Promise<Run> {
  // A group of its own, so that nothing of it is left when it is ended.
  const child = spawn(PYTHON, [MEASURE, String(THREADS), outputFile, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...WITHOUT_CERTIFICATES, ...environment },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
  const timer = setTimeout(() => endGroup(child.pid), RUN_MS_MAX);
  const onExit = () => endGroup(child.pid);
  process.once('exit', onExit);
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', onExit);
  }
  const answer = Buffer.concat(stdout).toString();
  const { exitCode, ...run } =
    answer === '' ? { exitCode: -1, seconds: 0, cpuSeconds: 0, peakBytes: 0 } : (JSON.parse(answer) as Run & { exitCode: number });
  if (exitCode !== 0) {
    const said = Buffer.concat(stderr).toString().slice(-ERROR_CHARACTERS_MAX);
    throw new Error(`it ended with ${exitCode}: ${said}`);
  }
  return run;
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Into the page cache, for every contender alike. */
export function warm(file: string): void {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const descriptor = openSync(file, 'r');
  while (readSync(descriptor, piece, 0, PIECE_BYTES, null) > 0);
  closeSync(descriptor);
}

/** Throws an Error when the file cannot stay in memory beside a contender's own gigabyte. */
export function requireCacheRoom(fileBytes: number): void {
  const kibibytes = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0);
  const needed = fileBytes + 1e9;
  if (kibibytes * 1024 > needed) return;
  throw new Error(`${(needed / 1e9).toFixed(1)} GB of memory are needed so that the file stays in the page cache; take a smaller --size`);
}
