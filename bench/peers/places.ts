import { join } from 'node:path';

export const BENCH_FOLDER = join(__dirname, '..');
/** Ignored by Git, and no dependency of Tallyline. */
export const PEERS_FOLDER = join(BENCH_FOLDER, '.peers');
export const PYTHON = join(PEERS_FOLDER, 'venv', 'bin', 'python');
export const TALLYLINE = join(BENCH_FOLDER, '..', 'bin', 'tallyline');
/** Of every contender; the processes are also bound to as many cores. */
export const THREADS = 2;
