/** What a fuzzer plays with: a few bytes say how a file is counted, the rest is the file. Any bytes are a world. */
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT } from '../../src/core/format';
import type { DelimitedFormat, Format } from '../../src/core/format';
import type { TotalsEntry } from '../../src/core/partial';
import type { RecordPeriod } from '../../src/core/record-period';
import type { KernelWorld } from '../helpers/kernel-agreement';

/** Bytes before the file. The corpus in test/fuzz/corpus has them in this order: what is changed here makes it worthless. */
export const CONTROL_BYTES = 8;

const DELIMITERS: readonly DelimitedFormat['delimiter'][] = [
  { kind: 'byte', byte: 0x20 },
  { kind: 'byte', byte: 0x2c },
  { kind: 'byte', byte: 0x09 },
  { kind: 'whitespace' },
];
const LAYOUTS: readonly Pick<DelimitedFormat, 'fieldCount' | 'keyFields' | 'valueField'>[] = [
  { fieldCount: 2, keyFields: [1], valueField: 2 },
  { fieldCount: 2, keyFields: [2], valueField: 1 },
  { fieldCount: 3, keyFields: [1], valueField: 2 },
  { fieldCount: 3, keyFields: [2], valueField: 3 },
  { fieldCount: 3, keyFields: [1, 2], valueField: 3 },
  { fieldCount: 3, keyFields: [3, 1], valueField: 2 },
  { fieldCount: 4, keyFields: [4, 2], valueField: 1 },
  { fieldCount: 5, keyFields: [1, 3, 5], valueField: 4 },
];
const SCALES = [0, 0, 1, 2, 3, 9, 17, 18];
const LINE_BYTES = [1_048_576, 1_048_576, 1, 7, 20, 64, 8191, 8192];
const CHUNK_BYTES = [1 << 20, 4096, 300, 64, 20, 5, 1, 8192];
const CRASH_RATES = [0, 0, 0.1, 0.5];
/** The file, so often, each time with another number before it: windows, tables and sorts need more than a fuzzer finds by itself. */
const STEP = 7919;
const REPEATS = [1, 1, 1, 1, 1, 1, 9, 50];
/** What a split has already, of keys that fuzzers write: as much as an entry of the kernel's table holds just yet, and more. */
const BEFORE: readonly TotalsEntry[] = [
  { key: Buffer.from('1'), sum: (1n << 63n) - 1n, count: (1n << 32n) - 2n },
  { key: Buffer.from('12'), sum: -(1n << 94n), count: (1n << 32n) - 1n },
  { key: Buffer.from('123'), sum: 1n << 100n, count: 1n << 40n },
];
/** A long file is not counted byte by byte. */
const CHUNKS_MAX = 500;
const KINDS: readonly RecordPeriod['timestamp'][] = ['iso8601', 'unixSeconds', 'unixMilliseconds'];
const UNITS: readonly RecordPeriod['unit'][] = ['hour', 'day', 'month'];

function pick<Item>(items: readonly Item[], byte: number): Item {
  return items[byte % items.length]!;
}

function repeat(bytes: Uint8Array, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, (_, index) => [Buffer.from(index > 0 ? String(index * STEP) : ''), bytes]).flat());
}

/** Never fails. A file of less than the control bytes has zeros for the others. */
export function worldOfBytes(input: Uint8Array): KernelWorld {
  const control = Buffer.alloc(CONTROL_BYTES);
  control.set(input.subarray(0, CONTROL_BYTES));
  const [kind = 0, layoutByte = 0, numbers = 0, lengths = 0, cutsByte = 0, pace = 0, periodByte = 0, chance = 0] = control;
  const layout = pick(LAYOUTS, layoutByte);
  const scale = pick(SCALES, numbers);
  const allowNegative = (numbers & 0x80) !== 0;
  const maxLineBytes = pick(LINE_BYTES, lengths);
  const file = repeat(input.subarray(CONTROL_BYTES), pick(REPEATS, lengths >> 3));
  const isCsv = (kind & 0x80) !== 0;
  const isSpanning = isCsv && (kind & 0x40) !== 0;
  const names = Array.from({ length: layout.fieldCount }, (_, index) => `c${index + 1}`);
  const delimiter = pick(DELIMITERS, kind);
  const format: Format = isCsv
    ? {
        ...DEFAULT_CSV_FORMAT,
        delimiter: delimiter.kind === 'byte' ? delimiter : DEFAULT_CSV_FORMAT.delimiter,
        keyColumns: layout.keyFields.map((field) => `c${field}`),
        valueColumn: `c${layout.valueField}`,
        scale,
        allowNegative,
        maxLineBytes,
        ...(isSpanning && { spansLines: true as const }),
      }
    : { ...DEFAULT_FORMAT, ...layout, delimiter, scale, allowNegative, maxLineBytes };
  // The fuzzer need not find the names of columns, but may write a header of its own.
  const hasOwnHeader = isCsv && (kind & 0x20) !== 0;
  const separator = format.delimiter.kind === 'byte' ? String.fromCharCode(format.delimiter.byte) : ' ';
  const bytes = isCsv && !hasOwnHeader ? Buffer.concat([Buffer.from(`${names.join(separator)}\n`), file]) : file;
  const field = layout.fieldCount;
  const recordPeriod: RecordPeriod | undefined =
    periodByte % 4 === 0
      ? undefined
      : { field: isCsv ? `c${field}` : field, timestamp: pick(KINDS, periodByte), unit: pick(UNITS, periodByte >> 2) };
  return {
    bytes,
    format,
    ...(recordPeriod && { recordPeriod }),
    cuts: isSpanning ? [] : [(cutsByte & 0x0f) * 62, (cutsByte >> 4) * 62].filter((cut) => cut > 0),
    chunkBytesMax: Math.max(pick(CHUNK_BYTES, pace), Math.ceil(bytes.length / CHUNKS_MAX)),
    crashRate: pick(CRASH_RATES, pace >> 4),
    chance,
    ...(lengths >= 0x80 && recordPeriod === undefined && { before: lengths >= 0xc0 ? BEFORE : BEFORE.slice(0, 2) }),
  };
}
