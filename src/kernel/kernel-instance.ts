/** The compiled kernel (src/kernel/wasm) and its instances: one is used again and again by a thread. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is used of it: TypeScript declares it for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule) => { readonly exports: object };
};

type CompiledModule = object;

interface Value {
  readonly value: number;
}

/** What src/kernel/wasm/index.ts exports. Addresses and sizes are in bytes of its memory. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly chunkAddress: Value;
  readonly chunkBytes: Value;
  readonly keyFieldsAddress: Value;
  readonly outputAddress: Value;
  readonly keyAddress: Value;
  /** Of the last run: lines that were taken. */
  readonly records: Value;
  readonly blanks: Value;
  /** Keys. */
  readonly entries: Value;
  /** Not 0: what came last had no room, so that the table must be cleared before it is tried again. */
  readonly isFull: Value;
  /**
   * Fields count from 0; those of the key lie at keyFieldsAddress. A delimiter of -1: runs of spaces and tabs. `period`: the field that
   * names the period of a record, or -1.
   */
  useFormat(
    delimiter: number,
    csv: boolean,
    fields: number,
    keys: number,
    value: number,
    period: number,
    lineBytesMax: number,
    scale: number,
    allowNegative: boolean,
  ): void;
  /** The kind: 0 ISO 8601, 1 seconds, 2 milliseconds since 1970. */
  setTimestamps(kind: number, isHour: boolean): void;
  /** The text of the period of this second lies at keyAddress. */
  notePeriod(seconds: bigint, periodBytes: number): void;
  /** A split begins: no numbers are held. */
  beginRuns(): void;
  clearTable(): void;
  /** Adds small numbers that are held outside of the table to what the table has of the same keys. 0: there was no room; it must be cleared first. */
  foldNumbers(): number;
  /** Of these numbers: how many may have memory, and how many may have it in a kernel that goes on to another split. */
  readonly touchedEnd: Value;
  readonly narrowMax: Value;
  /** For tests: hold such numbers after so many bytes of a split. */
  takePairsFrom(bytes: number): void;
  /** Makes room for this many more entries with this many bytes of keys, if there can be; may move the memory. */
  reserve(entries: number, keyBytes: number): void;
  /** For tests: no more entries than this. */
  limitEntries(limit: number): void;
  takeRun(start: number, limit: number, end: number): number;
  addRecord(keyBytes: number, value: bigint): number;
  addSum(keyBytes: number, low: bigint, high: bigint, count: bigint): number;
  sortEntries(): void;
  /** What encodeEntries will give in all, with the numbers, which must be folded; how many that are, and the longest sum in bytes. */
  encodedBytes(): number;
  readonly encodedCount: Value;
  readonly longestEncodedSum: Value;
  beginEncoding(hasNumbers: boolean): void;
  encodeEntries(): number;
  /** The functions of src/kernel/wasm/merge.ts. */
  readonly mergeOutputAddress: Value;
  readonly longestSum: Value;
  beginMerge(runs: number, joiner: number, periodBytes: number): void;
  keepRest(run: number): number;
  setWindow(run: number, length: number, isLast: boolean): void;
  windowAddress(run: number): number;
  beginOutput(): void;
  outputBytes(): number;
  merge(): number;
  scanSums(): number;
}

/** One that grew by more, or holds more numbers, is left to the garbage collector, so that a file of very many keys does not hold its memory for good. */
const KEPT_GROWTH_BYTES_MAX = 64 * 1024 * 1024;

let compiled: CompiledModule | undefined;
let idle: Kernel | undefined;
let bytesAtFirst = 0;

export function acquireKernel(): Kernel {
  const kernel = idle;
  idle = undefined;
  return kernel ?? createKernel();
}

function createKernel(): Kernel {
  const kernel = new WebAssembly.Instance((compiled ??= compile())).exports as unknown as Kernel;
  bytesAtFirst = kernel.memory.buffer.byteLength;
  return kernel;
}

export function releaseKernel(kernel: Kernel): void {
  const growthBytes = kernel.memory.buffer.byteLength - bytesAtFirst;
  if (growthBytes <= KEPT_GROWTH_BYTES_MAX && kernel.touchedEnd.value <= kernel.narrowMax.value) idle = kernel;
}

/** Only for tests: the kernel in this file from now on; without one that of the build again. Counters that are alive keep theirs. */
export function useKernelFile(path?: string): void {
  compiled = path === undefined ? undefined : new WebAssembly.Module(readFileSync(path));
  idle = undefined;
}

/** Where this module runs as TypeScript (tests), the kernel lies in the build beside it. */
function compile(): CompiledModule {
  const build = __filename.endsWith('.ts') ? join(__dirname, '../../dist') : join(__dirname, '..');
  return new WebAssembly.Module(readFileSync(join(build, 'kernel', 'kernel.wasm')));
}
