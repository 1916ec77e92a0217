/** The fast counter: the same as the reference, but that runs of lines are taken and added up by the kernel. */
import type { CounterOptions, CreateSplitCounter } from '../core/counter';
import { assertInvariant } from '../core/failures';
import { LineCounter } from '../core/line-counter';
import { mergeSorted } from '../core/merge';
import type { TotalsEntry } from '../core/partial';
import { encodeEach, iterateEncoded } from '../core/entry-codec';
import type { EncodedEntries } from '../core/entry-codec';
import { ENCODED_ENTRY_BYTES_MAX } from '../core/limits';
import type { TimestampKind } from '../core/record-period';
import type { RecordReader } from '../core/record-reader';
import type { RecordTotals } from '../core/record-totals';
import { acquireKernel, releaseKernel } from './kernel-instance';
import type { Kernel } from './kernel-instance';
import { SpilledRuns } from './spilled-runs';

export const createKernelCounter: CreateSplitCounter = (options) => {
  const totals = new KernelTotals(options);
  try {
    totals.addAll(options.resume?.entries ?? []);
    return new LineCounter(options, totals);
  } catch (error) {
    totals.close();
    throw error;
  }
};

/** A key, a delimiter, a digit and a line feed: more entries than this no chunk can bring. */
const RECORD_BYTES_MIN = 4;
/** Bytes that long keys take in the kernel for each byte of the file: they are padded, and may begin with a period. */
const LONG_KEYS_FACTOR = 2;
/** In the order of the kernel's numbers. */
const TIMESTAMP_KINDS: readonly TimestampKind[] = ['iso8601', 'unixSeconds', 'unixMilliseconds'];
const LOW_64_BITS = 2n ** 64n - 1n;

class KernelTotals implements RecordTotals {
  records = 0;
  blanks = 0;
  private readonly kernel: Kernel;
  private readonly runs = new SpilledRuns();
  /** The kernel knows how lines are read. */
  private isReady = false;
  /** All of the kernel's memory, as long as it is not moved. */
  private memory: Uint8Array;

  constructor(private readonly options: Pick<CounterOptions, 'format' | 'recordPeriod'>) {
    this.kernel = acquireKernel();
    this.memory = new Uint8Array(this.kernel.memory.buffer);
    this.kernel.clearTable();
    this.kernel.beginRuns();
  }

  useReader(reader: RecordReader): void {
    const { kernel } = this;
    const { format, recordPeriod } = this.options;
    const { delimiter, scale, allowNegative, maxLineBytes } = format;
    const isCsv = format.kind === 'csv';
    const keys = (isCsv ? format.keyColumns : format.keyFields).map((field) => reader.indexOf(field));
    const value = reader.indexOf(isCsv ? format.valueColumn : format.valueField);
    const period = recordPeriod ? reader.indexOf(recordPeriod.field) : -1;
    const delimiterByte = delimiter.kind === 'byte' ? delimiter.byte : -1;
    new Uint32Array(kernel.memory.buffer, kernel.keyFieldsAddress.value, keys.length).set(keys);
    kernel.useFormat(delimiterByte, isCsv, reader.fieldCount, keys.length, value, period, maxLineBytes, scale, allowNegative);
    if (recordPeriod) kernel.setTimestamps(TIMESTAMP_KINDS.indexOf(recordPeriod.timestamp), recordPeriod.unit === 'hour');
    this.isReady = true;
  }

  notePeriod(seconds: number, period: Uint8Array): void {
    this.putKey(period);
    this.kernel.notePeriod(BigInt(seconds), period.length);
  }

  buffer(sizeBytes: number): Uint8Array {
    const { chunkAddress, chunkBytes } = this.kernel;
    const length = Math.min(sizeBytes, chunkBytes.value);
    // Now, since nothing may move the memory while the chunk is being taken. One line more may have begun in the chunk before.
    this.reserve(1 + Math.ceil(length / RECORD_BYTES_MIN), ENCODED_ENTRY_BYTES_MAX + LONG_KEYS_FACTOR * length);
    return this.memory.subarray(chunkAddress.value, chunkAddress.value + length);
  }

  place(chunk: Uint8Array): Uint8Array {
    if (chunk.buffer === this.memory.buffer) return chunk;
    const target = this.buffer(chunk.length);
    target.set(chunk.subarray(0, target.length));
    return target;
  }

  takeRun(chunk: Uint8Array, start: number, limit: number): number {
    // The head of a file comes from elsewhere.
    if (!this.isReady || chunk.buffer !== this.memory.buffer) return start;
    const { kernel } = this;
    const address = chunk.byteOffset;
    let next = start;
    for (;;) {
      next = kernel.takeRun(address + next, address + limit, address + chunk.length) - address;
      this.records += kernel.records.value;
      this.blanks += kernel.blanks.value;
      if (kernel.isFull.value === 0) return next;
      this.spill();
    }
  }

  add(bytes: Uint8Array, start: number, end: number, number: number, large: bigint | null): void {
    this.putKey(bytes.subarray(start, end));
    const value = large ?? BigInt(number);
    if (this.kernel.addRecord(end - start, value) !== 0) return;
    this.spill();
    this.putKey(bytes.subarray(start, end));
    assertInvariant(this.kernel.addRecord(end - start, value) !== 0, 'an empty table takes no key');
  }

  /** Sorted entries of before. What one entry of the table cannot hold stays outside of it. */
  addAll(entries: Iterable<TotalsEntry>): void {
    const large: TotalsEntry[] = [];
    for (const entry of entries) {
      const { key, sum, count } = entry;
      this.reserve(1, ENCODED_ENTRY_BYTES_MAX);
      this.putKey(key);
      const isTaken = count < 2n ** 32n && this.kernel.addSum(key.length, BigInt.asIntN(64, sum & LOW_64_BITS), sum >> 64n, count) !== 0;
      if (isTaken) continue;
      if (this.kernel.isFull.value !== 0) this.spill();
      large.push(entry);
    }
    if (large.length > 0) this.runs.add(encodeEach(large).pieces());
  }

  encoded(): EncodedEntries {
    const { kernel } = this;
    while (kernel.foldNumbers() === 0) this.spill();
    if (!this.runs.isEmpty) return encodeEach(mergeSorted([...this.runs.entries(), this.ownEntries()]));
    kernel.sortEntries();
    const sizeBytes = kernel.encodedBytes();
    const longestSumBytes = kernel.longestEncodedSum.value;
    return { count: kernel.encodedCount.value, sizeBytes, longestSumBytes, pieces: () => this.pieces(true) };
  }

  close(): void {
    this.runs.close();
    releaseKernel(this.kernel);
  }

  private reserve(entries: number, keyBytes: number): void {
    const { kernel } = this;
    kernel.reserve(entries, keyBytes);
    if (this.memory.buffer !== kernel.memory.buffer) this.memory = new Uint8Array(kernel.memory.buffer);
  }

  private putKey(key: Uint8Array): void {
    this.memory.set(key, this.kernel.keyAddress.value);
  }

  /** Sorted, out of the table, which is empty then. Whoever spills tries again, without end if there were no room for a single key. */
  private spill(): void {
    assertInvariant(this.kernel.entries.value > 0, 'the kernel got no memory for a single key');
    this.runs.add(this.pieces(false));
    this.kernel.clearTable();
  }

  private *ownEntries(): Generator<TotalsEntry, void> {
    for (const piece of this.pieces(true)) yield* iterateEncoded(piece.slice());
  }

  /** All entries of the table, and the numbers outside of it if they are folded, sorted and encoded. Each piece lies where the next will. */
  private *pieces(hasNumbers: boolean): Generator<Uint8Array, void> {
    const { kernel, memory } = this;
    const output = kernel.outputAddress.value;
    kernel.sortEntries();
    kernel.beginEncoding(hasNumbers);
    for (let bytes = kernel.encodeEntries(); bytes > 0; bytes = kernel.encodeEntries()) yield memory.subarray(output, output + bytes);
  }
}
