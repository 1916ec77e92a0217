/** What scripts/fuzz.mjs calls with each input: kernel and reference agree on it. The kernel tells the fuzzer which of its ways were taken. */
import { existsSync, readFileSync } from 'node:fs';
import { acquireKernel, releaseKernel, useKernelFile } from '../../src/kernel/kernel-instance';
import { assertAgreement } from '../helpers/kernel-agreement';
import { worldOfBytes } from './world-of-bytes';

/** What the fuzzer puts into the global scope: counters that it looks at after each input and clears before the next. */
declare const Fuzzer: { readonly coverageTracker: { createModuleCounters(size: number): Buffer } };

/** As scripts/fuzz.mjs lays them out. */
const COUNTERS_ADDRESS = Number(process.env['TALLYLINE_FUZZ_COUNTERS']);
/** The function of the kernel that each counter lies in. */
const PLACES = JSON.parse(readFileSync(process.env['TALLYLINE_FUZZ_PLACES']!, 'utf8')) as readonly string[];
const COUNTERS = PLACES.length;
/** More often than this is as often. */
const COUNT_MAX = 255;

// Tables that are full spill into files: on a disk these would take most of the time.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';
const watched = Fuzzer.coverageTracker.createModuleCounters(COUNTERS);
useKernelFile(process.env['TALLYLINE_FUZZ_KERNEL']);
const reached = new Set<number>();
process.on('exit', () => {
  if (reached.size === 0) return;
  process.stderr.write(`the inputs reached ${reached.size} of ${COUNTERS} places of the kernel; not reached:\n`);
  for (const name of new Set(PLACES)) {
    const own = PLACES.flatMap((place, index) => (place === name ? [index] : []));
    const missed = own.filter((index) => !reached.has(index)).length;
    if (missed > 0) process.stderr.write(`  ${missed} of ${own.length} in ${name}\n`);
  }
});

export function fuzz(input: Buffer): void {
  const counters = countersOf();
  counters.fill(0);
  assertAgreement(worldOfBytes(input));
  // Another kernel where a failure left that one behind.
  const after = countersOf();
  for (let index = 0; index < COUNTERS; index++) {
    watched[index] = Math.min(after[index]!, COUNT_MAX);
    if (after[index]! > 0) reached.add(index);
  }
}

function countersOf(): Uint32Array {
  const kernel = acquireKernel();
  releaseKernel(kernel);
  return new Uint32Array(kernel.memory.buffer, COUNTERS_ADDRESS, COUNTERS);
}
