/** Writes sample files of lines `id value` whose true totals are known, as a well-behaved emitter: elsewhere first, then renamed. */
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TallylineFailure } from '../core/failures';
import { createRandom } from './random';

const CHUNK_BYTES = 1024 * 1024;
const LINE_BYTES_MAX = 32;
const LF = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const CSV_HEADER = Buffer.from('consumer,amount\n');
const DIGIT_ZERO = 0x30;

interface EmitOptions {
  readonly outDirectory: string;
  readonly files: number;
  readonly minSizeBytes: number;
  readonly maxSizeBytes: number;
  /** The same seed and options write the same bytes. */
  readonly seed: number;
  /** Different ids that occur; 10,000 unless given. */
  readonly ids?: number;
  /** Values are below this; 100,000 unless given. */
  readonly valuesBelow?: number;
  /** Files are named prefix-number.txt. */
  readonly prefix?: string;
  /** As CSV with the columns `consumer` and `amount`, named prefix-number.csv. */
  readonly isCsv?: boolean;
  /** As gzip files of several members, named prefix-number.txt.gz. The sizes are those of the plain bytes. */
  readonly isCompressed?: boolean;
}

interface EmittedEntry {
  readonly key: Uint8Array;
  readonly sum: bigint;
  readonly count: bigint;
}

interface EmitResult {
  /** `bytes` as they are stored. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly lines: number }[];
  readonly bytes: number;
  /** Sorted by key bytes. */
  readonly totals: readonly EmittedEntry[];
}

/** Each file ends with the first line that reaches its size, so that it has at most one line more than asked. Throws `output_unwritable`. */
export async function emit(options: EmitOptions): Promise<EmitResult> {
  try {
    return await emitFiles(options);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new TallylineFailure('output_unwritable', `the directory ${options.outDirectory} cannot be written (${error.message})`, {
      cause: error,
    });
  }
}

async function emitFiles(options: EmitOptions): Promise<EmitResult> {
  const { outDirectory, minSizeBytes, maxSizeBytes, prefix = 'usage', ids = 10_000 } = options;
  await mkdir(outDirectory, { recursive: true });
  const random = createRandom(options.seed);
  const tally = { sums: new Float64Array(ids), counts: new Float64Array(ids) };
  const files: { name: string; bytes: number; lines: number }[] = [];
  for (let number = 0; number < options.files; number += 1) {
    const name = `${prefix}-${number}.${options.isCsv ? 'csv' : 'txt'}${options.isCompressed ? '.gz' : ''}`;
    const sizeBytes = minSizeBytes + Math.floor(random() * (maxSizeBytes - minSizeBytes + 1));
    files.push({
      name,
      ...(await writeFile(join(outDirectory, `.${name}.part`), join(outDirectory, name), sizeBytes, random, tally, options)),
    });
  }
  return { files, bytes: files.reduce((sum, file) => sum + file.bytes, 0), totals: toEntries(tally) };
}

interface Tally {
  /** Exact below 2^53: even 1e11 lines of values below 1e5 stay there. */
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

async function writeFile(
  stagedPath: string,
  path: string,
  sizeBytes: number,
  random: () => number,
  tally: Tally,
  { ids = 10_000, valuesBelow = 100_000, isCsv = false, isCompressed = false }: EmitOptions,
): Promise<{ bytes: number; lines: number }> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES + LINE_BYTES_MAX);
  const file = await open(stagedPath, 'w');
  let bytes = 0;
  let storedBytes = 0;
  let lines = 0;
  try {
    while (bytes < sizeBytes) {
      let used = isCsv && bytes === 0 ? CSV_HEADER.copy(chunk) : 0;
      while (used < CHUNK_BYTES && bytes + used < sizeBytes) {
        const id = Math.floor(random() * ids);
        const value = Math.floor(random() * valuesBelow);
        tally.sums[id] = (tally.sums[id] ?? 0) + value;
        tally.counts[id] = (tally.counts[id] ?? 0) + 1;
        used = writeNumber(chunk, used, id);
        chunk[used++] = isCsv ? COMMA : SPACE;
        used = writeNumber(chunk, used, value);
        chunk[used++] = LF;
        lines += 1;
      }
      const plain = chunk.subarray(0, used);
      const stored = isCompressed ? gzipSync(plain) : plain;
      await file.writev([stored]);
      bytes += used;
      storedBytes += stored.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(stagedPath, path);
  return { bytes: storedBytes, lines };
}

function writeNumber(target: Buffer, at: number, number: number): number {
  let digits = 1;
  for (let limit = 10; number >= limit; limit *= 10) digits += 1;
  for (let index = at + digits - 1, rest = number; index >= at; index -= 1) {
    target[index] = DIGIT_ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}

function toEntries({ sums, counts }: Tally): EmittedEntry[] {
  const entries: EmittedEntry[] = [];
  for (const [id, count] of counts.entries()) {
    if (count > 0) entries.push({ key: Buffer.from(String(id)), sum: BigInt(sums[id] ?? 0), count: BigInt(count) });
  }
  return entries.sort((left, right) => Buffer.compare(left.key, right.key));
}
