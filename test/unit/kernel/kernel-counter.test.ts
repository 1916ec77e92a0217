/** What one count leaves in the memory of the kernel must be nothing to the next. */
import type { CreateSplitCounter, ResumePoint } from '../../../src/core/counter';
import { DEFAULT_FORMAT } from '../../../src/core/format';
import type { DelimitedFormat } from '../../../src/core/format';
import type { RecordPeriod } from '../../../src/core/record-period';
import { createReferenceCounter } from '../../../src/core/reference-counter';
import { MemoryRun } from '../../../src/kernel/entry-run';
import { createKernelCounter } from '../../../src/kernel/kernel-counter';
import { acquireKernel, releaseKernel } from '../../../src/kernel/kernel-instance';
import { mergeToCsv } from '../../../src/kernel/merge-runs';

interface Content {
  readonly text: string;
  readonly format?: DelimitedFormat;
  readonly recordPeriod?: RecordPeriod;
  readonly resume?: ResumePoint;
}

/** All of a small file at once: its encoded partial. */
function countAll(create: CreateSplitCounter, { text, format = DEFAULT_FORMAT, recordPeriod, resume }: Content): string {
  const bytes = Buffer.from(text, 'latin1');
  const split = { startOffset: 0, endOffset: bytes.length };
  const given = { ...(recordPeriod && { recordPeriod }), ...(resume && { resume }) };
  const counter = create({ format, ...given, sizeBytes: bytes.length, split, createHasher: null });
  try {
    const target = counter.buffer(bytes.length - counter.readOffset);
    target.set(bytes.subarray(counter.readOffset));
    counter.push(target);
    return Buffer.from(counter.encode()).toString('latin1');
  } finally {
    counter.close();
  }
}

function merge(text: string): void {
  const bytes = Buffer.from(text);
  const split = { startOffset: 0, endOffset: bytes.length };
  const counter = createReferenceCounter({ format: DEFAULT_FORMAT, sizeBytes: bytes.length, split, createHasher: null });
  counter.push(bytes);
  const run = new MemoryRun(Buffer.concat([...counter.entries().pieces()]));
  for (const rows of mergeToCsv([run], ' ', 0)) expect(rows.length).toBeGreaterThan(0);
}

test('a key that a merge left where the table keeps nothing is counted', () => {
  const next = { text: `${'a'.repeat(16)} 5\nb 7\n`.repeat(3) };
  countAll(createKernelCounter, { text: 'k 1\n'.repeat(30) });
  merge(Array.from({ length: 3000 }, (_, index) => `${'a'.repeat(1000)}${String(index).padStart(6, '0')} 1\n`).join(''));
  expect(countAll(createKernelCounter, next)).toBe(countAll(createReferenceCounter, next));
});

test('bytes that are no date are not the last date of the file before', () => {
  const format = { ...DEFAULT_FORMAT, fieldCount: 4, valueField: 3 };
  const recordPeriod = { field: 2, timestamp: 'iso8601', unit: 'day' } as const;
  const ofDay = 'a 2026-11-23T12:00:00Z 1 ';
  countAll(createKernelCounter, { text: `${ofDay}x\n`, format, recordPeriod });
  // The first line is too long for the kernel, so that it knows the period before it has read a date.
  const next = { text: `${ofDay}${'x'.repeat(9000)}\na ${'\0'.repeat(8)}23T12:00:00Z 1 x\n`, format, recordPeriod };
  expect(countAll(createKernelCounter, next)).toBe(countAll(createReferenceCounter, next));
});

test('lines of a thousand bytes are taken again after one that is left to the grammar', () => {
  const kernel = acquireKernel();
  try {
    const line = `k 5 ${'x'.repeat(1000)}\n`;
    const bytes = Buffer.from(`odd\n${line.repeat(20)}`);
    kernel.clearTable();
    kernel.beginRuns();
    new Uint32Array(kernel.memory.buffer, kernel.keyFieldsAddress.value, 1).set([0]);
    kernel.useFormat(0x20, false, 3, 1, 1, -1, DEFAULT_FORMAT.maxLineBytes, 0, false);
    kernel.reserve(100, 1000);
    const start = kernel.chunkAddress.value;
    new Uint8Array(kernel.memory.buffer).set(bytes, start);
    const end = start + bytes.length;
    expect(kernel.takeRun(start, end, end)).toBe(start);
    expect(kernel.takeRun(start + 4, end, end)).toBe(end);
    expect(kernel.records.value).toBe(20);
  } finally {
    releaseKernel(kernel);
  }
});

const INT64_MAX = 9223372036854775807n;
const counts = [1n, 7n, 2n ** 32n - 3n, 2n ** 32n - 2n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 40n];
const sumsOf = (count: bigint): bigint[] => [0n, count * INT64_MAX, -count * (INT64_MAX + 1n), 2n ** 95n - 1n, -(2n ** 95n), 2n ** 126n];

test.each(counts)('a checkpoint with %s records of a key goes on to the same sum, however large it is', (count) => {
  const accounting = {
    firstOffset: 0,
    nextOffset: 4,
    bomBytes: 0,
    lines: 1,
    records: 1,
    blanks: 0,
    rejects: {},
    unterminatedLastLine: false,
  } as const;
  const keys = ['1', 'long-key-of-more-than-16'].map((name) => Buffer.from(name));
  for (const sum of sumsOf(count)) {
    const resume = { accounting, blockDigests: new Uint8Array(), entries: keys.map((key) => ({ key, sum, count })) };
    for (const sign of ['', '-']) {
      const lines = keys.flatMap((key) => [`${String(key)} 5`, `${String(key)} ${sign}${INT64_MAX}`, `${String(key)} ${sign}1`]);
      const next = { text: `0 0\n${lines.join('\n')}\n`, format: { ...DEFAULT_FORMAT, allowNegative: true }, resume };
      expect(countAll(createKernelCounter, next)).toBe(countAll(createReferenceCounter, next));
    }
  }
});
