/** Merges sorted runs into CSV by the kernel, of which each run takes a window of memory, whatever its length. */
import { assertInvariant } from '../core/failures';
import { ambiguousKey, isAmbiguous, keyFields } from '../core/csv';
import { entriesOf, type EntryRun } from './entry-run';
import { acquireKernel, releaseKernel } from './kernel-instance';
import type { Kernel } from './kernel-instance';

/** Sums of so many bytes are below 2^55, so that no sum of MERGED_RUNS_MAX of them leaves 63 bits. */
const SUM_BYTES_MAX = 8;
export const MERGED_RUNS_MAX = 256;
/** As src/kernel/wasm/merge.ts has them. */
const WINDOW_BYTES = 0x10000;
const MERGED = -1;
const OUTPUT_FULL = -2;

/** No sum of a key over all these runs can leave 63 bits. */
export function areSumsShort(runs: readonly EntryRun[]): boolean {
  return runs.length <= MERGED_RUNS_MAX && runs.every((run) => (run.longestSumBytes ?? longestSumBytes(run)) <= SUM_BYTES_MAX);
}

/**
 * Rows `key,sum,count` sorted by key bytes, each with its LF, in pieces; with the period before them where keys begin with one of
 * `periodBytes`. Only for runs whose sums are short. Throws config_invalid where a key cannot be one cell.
 */
export function* mergeToCsv(runs: readonly EntryRun[], joiner: string, periodBytes: number): Generator<Uint8Array, void> {
  const kernel = acquireKernel();
  try {
    kernel.beginMerge(runs.length, joiner.charCodeAt(0), periodBytes);
    const windows = runs.map((run, index) => new Window(kernel, run, index));
    kernel.beginOutput();
    for (let answer = kernel.merge(); ; answer = kernel.merge()) {
      if (answer >= 0) windows[answer]?.fill();
      else {
        yield output(kernel);
        kernel.beginOutput();
        if (answer === MERGED) return;
        if (answer !== OUTPUT_FULL) throw ambiguousKey(findAmbiguous(runs, joiner, periodBytes), joiner);
      }
    }
  } finally {
    releaseKernel(kernel);
  }
}

/** The kernel says only that there is one. */
function findAmbiguous(runs: readonly EntryRun[], joiner: string, periodBytes: number): readonly string[] {
  for (const run of runs) {
    for (const { key } of entriesOf(run)) {
      const fields = keyFields(periodBytes === 0 ? key : key.subarray(periodBytes + 1));
      if (isAmbiguous(fields, joiner)) return fields;
    }
  }
  return [];
}

function output(kernel: Kernel): Uint8Array {
  return new Uint8Array(kernel.memory.buffer, kernel.mergeOutputAddress.value, kernel.outputBytes()).slice();
}

function longestSumBytes(run: EntryRun): number {
  const kernel = acquireKernel();
  try {
    kernel.beginMerge(1, 0, 0);
    const window = new Window(kernel, run, 0);
    while (kernel.scanSums() !== MERGED) window.fill();
    return kernel.longestSum.value;
  } finally {
    releaseKernel(kernel);
  }
}

class Window {
  private offset = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly run: EntryRun,
    private readonly index: number,
  ) {}

  fill(): void {
    const { kernel, run, index } = this;
    const kept = kernel.keepRest(index);
    const target = new Uint8Array(kernel.memory.buffer, kernel.windowAddress(index) + kept, WINDOW_BYTES - kept);
    const read = run.read(this.offset, target);
    // It would be asked for the rest without end.
    assertInvariant(read === Math.min(target.length, run.sizeBytes - this.offset), 'a run of totals on the disk is cut short');
    this.offset += read;
    kernel.setWindow(index, kept + read, this.offset >= run.sizeBytes);
  }
}
