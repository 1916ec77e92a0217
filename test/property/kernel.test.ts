/** The kernel is the same function as the reference: the same partials, to the byte, whatever the format, the splits, the chunks, the crashes. */
import fc from 'fast-check';

import type { CreateSplitCounter } from '../../src/core/counter';
import { TallylineFailure } from '../../src/core/failures';
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT } from '../../src/core/format';
import type { DelimitedFormat, Format } from '../../src/core/format';
import type { RecordPeriod } from '../../src/core/record-period';
import { createReferenceCounter } from '../../src/core/reference-counter';
import type { Split } from '../../src/core/split';
import { createKernelCounter } from '../../src/kernel/kernel-counter';
import { acquireKernel, releaseKernel } from '../../src/kernel/kernel-instance';
import { bom, file, format, keys, piece, plainLine, splitsOf, values } from '../helpers/arbitrary-files';
import { countOneSplit } from '../helpers/count-in-splits';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();

interface World {
  readonly bytes: Buffer;
  readonly format: Format;
  readonly recordPeriod?: RecordPeriod;
  readonly cuts: readonly number[];
  readonly chunkBytesMax: number;
  readonly crashRate: number;
  readonly chance: number;
}

const circumstances = {
  cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 3 }),
  chunkBytesMax: fc.constantFrom(16, 64, 300, 4096),
  crashRate: fc.constantFrom(0, 0, 0.1),
  chance: fc.nat(),
};
/** The fields of a line are as many as the format wants, and joined as it joins them: most lines are for the kernel. */
const fittingFile = format.chain((chosen) => {
  const separator = chosen.delimiter.kind === 'byte' ? String.fromCharCode(chosen.delimiter.byte) : ' ';
  const others = fc.constantFrom('', 'x', 'some text', '"', '\xff');
  const fields = Array.from({ length: chosen.fieldCount }, (_, index) =>
    chosen.valueField === index + 1 ? values : chosen.keyFields.includes(index + 1) ? keys : others,
  );
  const fitting = fc.tuple(...fields).map((parts) => `${parts.join(separator)}\n`);
  const longKey = fc.nat({ max: 1100 }).map((length) => `${'k'.repeat(length)}${separator}1${separator}1\n`);
  const lines = fc.oneof({ weight: 20, arbitrary: fitting }, { weight: 2, arbitrary: piece }, { weight: 1, arbitrary: longKey });
  return fc.tuple(bom, fc.array(lines, { maxLength: 25 }), fc.constantFrom('', '1 2', '\r')).map(([start, all, end]) => ({
    format: chosen,
    bytes: Buffer.from(start + all.join('') + end, 'latin1'),
  }));
});

/** The encoded partial, or the code of the failure. */
function outcome(bytes: Uint8Array, chosen: Format, split: Split, pace: Parameters<typeof countOneSplit>[3]): string {
  try {
    return Buffer.from(countOneSplit(bytes, chosen, split, pace)).toString('base64');
  } catch (error) {
    if (error instanceof TallylineFailure && error.code !== 'invariant_violated') return error.code;
    throw error;
  }
}

/** Whether small numbers are held outside of the table from the first byte on, which otherwise begins later than these files end. */
function holdNumbers(isFromFirst: boolean): void {
  const kernel = acquireKernel();
  kernel.takePairsFrom(isFromFirst ? 0 : Number.MAX_SAFE_INTEGER);
  releaseKernel(kernel);
}

function agrees({ bytes, format: chosen, cuts, chunkBytesMax, crashRate, chance, recordPeriod }: World): void {
  holdNumbers(chance % 2 === 0);
  for (const split of splitsOf(bytes.length, cuts)) {
    const random = seededRandom(chance);
    const given = { blockBytes: 256, random, ...(recordPeriod && { recordPeriod }) };
    const whole = outcome(bytes, chosen, split, { ...given, chunkBytesMax: 1 << 20, crashRate: 0 });
    // Also a fleet of both: each goes on from the checkpoints of the other.
    const either: CreateSplitCounter = (options) => (random() < 0.5 ? createKernelCounter : createReferenceCounter)(options);
    const createCounter = chance % 3 === 0 ? either : createKernelCounter;
    const fast = outcome(bytes, chosen, split, { ...given, chunkBytesMax, crashRate, createCounter });
    expect(fast).toBe(whole);
  }
}

test('files whose lines fit the format more or less', () => {
  const world = fc.record({ file: fittingFile, ...circumstances });
  fc.assert(
    fc.property(world, ({ file: { bytes, format: chosen }, ...rest }) => agrees({ bytes, format: chosen, ...rest })),
    { seed, numRuns: 45_000 },
  );
}, 240_000);

test('files and formats that know nothing of each other', () => {
  fc.assert(fc.property(fc.record({ bytes: file, format, ...circumstances }), agrees), { seed, numRuns: 25_000 });
}, 240_000);

test('files of several windows and batches, with growing tables', () => {
  const world = fc.record({
    bytes: fc
      .tuple(
        fc.array(fc.oneof({ weight: 40, arbitrary: plainLine }, { weight: 1, arbitrary: piece }), { maxLength: 40 }),
        fc.nat({ max: 400 }),
      )
      .map(([lines, times]) =>
        Buffer.from(Array.from({ length: times }, (_, index) => `${index * 7919}${lines.join('')}`).join(''), 'latin1'),
      ),
    format,
    ...circumstances,
    chunkBytesMax: fc.constantFrom(4096, 20_000, 1 << 20),
  });
  fc.assert(fc.property(world, agrees), { seed, numRuns: 300 });
}, 240_000);

const cell = fc.constantFrom(
  ...['a', 'b', '1', '22', '', '"a"', '"1"', '"x,y"', '""', '"', 'a"b', '"a"b', '"a""b"', '"x\ny"', ' 1', '\xc3\xa9', '"\xff"'],
);
const csvWorld = fc.integer({ min: 1, max: 5 }).chain((columns) => {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  const row = fc.tuple(...names.map((_, index) => (index === columns - 1 ? fc.oneof({ weight: 3, arbitrary: values }, cell) : cell)));
  const rows = fc.array(fc.oneof({ weight: 9, arbitrary: row }, fc.array(cell, { maxLength: 6 })), { maxLength: 20 });
  const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\n\n');
  const lines = fc.array(fc.tuple(rows, lineEnd), { maxLength: 2 });
  return fc.record({
    ...circumstances,
    bytes: fc.tuple(bom, lines, fc.constantFrom('', '1,2', '"')).map(([start, parts, end]) => {
      const body = parts.map(([all, ending]) => all.map((cells) => cells.join(',') + ending).join('')).join('');
      return Buffer.from(`${start}${names.join(',')}\n${body}${end}`, 'latin1');
    }),
    format: fc.record({
      ...Object.fromEntries(Object.entries(DEFAULT_CSV_FORMAT).map(([name, value]) => [name, fc.constant(value)])),
      keyColumns: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
      valueColumn: fc.constant(`c${columns - 1}`),
      scale: fc.constantFrom(0, 2),
      allowNegative: fc.boolean(),
      maxLineBytes: fc.constantFrom(12, 40, 1_048_576),
      isSpanning: fc.constantFrom(false, false, true),
    }),
  });
});

test('CSV with quotes of every kind, and records that span lines', () => {
  fc.assert(
    fc.property(csvWorld, ({ format: { isSpanning, ...chosen }, cuts, ...rest }) => {
      const csv = { ...chosen, ...(isSpanning && { spansLines: true }) } as unknown as Format;
      agrees({ ...rest, format: csv, cuts: isSpanning ? [] : cuts });
    }),
    { seed, numRuns: 20_000 },
  );
}, 240_000);

const timestamps = {
  iso8601: fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 40 * 86_400 }).map((seconds) => new Date(Date.UTC(2026, 10, 1) + seconds * 1000).toISOString()) },
    fc.constantFrom(
      ...[
        '2026-11-23T14:05:06Z',
        '2026-02-29T00:00:00Z',
        '2024-02-29T23:59:59+01:30',
        '2026-12-31T23:30:00-01:00',
        '2000-01-01T00:00:00+00:01',
      ],
      ...[
        '2099-12-31T23:59:59Z',
        '2100-01-01T00:00:00Z',
        '1999-12-31T23:59:59Z',
        '2026-11-23T24:00:00Z',
        '2026-11-23T14:05:60Z',
        '2026-13-01T00:00:00Z',
      ],
      ...[
        '2026-11-23T14:05:06.123456789Z',
        '2026-11-23T14:05:06.1234567890Z',
        '2026-11-23T14:05:06.Z',
        '2026-11-23 14:05:06Z',
        '2026-11-23',
        'x',
        '',
      ],
      ...[
        '2026-00-10T00:00:00Z',
        '2026-11-00T00:00:00Z',
        '2026-11-31T00:00:00Z',
        '2026-11-23T14:05:06',
        '2026-11-23T14:05:06+25:00',
        '2O26-11-23T14:05:06Z',
      ],
    ),
  ),
  unixSeconds: fc.oneof(
    fc.integer({ min: 1_790_000_000, max: 1_793_000_000 }).map(String),
    fc.constantFrom(
      '946684799',
      '946684800',
      '4102444799',
      '4102444800',
      '0',
      '-1',
      '1.5',
      '0000000001790000000',
      '99999999999999999999',
      'x',
      '',
    ),
  ),
  unixMilliseconds: fc.oneof(
    fc.integer({ min: 1_790_000_000, max: 1_793_000_000 }).map((seconds) => `${seconds}${seconds % 1000}`.slice(0, 13)),
    fc.constantFrom('946684799999', '946684800000', '4102444799999', '4102444800000', '0', '-1', '', '1790000000', '99999999999999999'),
  ),
};

test('records that name their period', () => {
  const world = fc.constantFrom<RecordPeriod['timestamp'][]>('iso8601', 'unixSeconds', 'unixMilliseconds').chain((timestamp) =>
    fc.record({
      ...circumstances,
      lines: fc.array(fc.tuple(keys, values, timestamps[timestamp], fc.constantFrom('\n', '\n', '\r\n', '\n\n')), { maxLength: 25 }),
      timestamp: fc.constant(timestamp),
      unit: fc.constantFrom('hour', 'day', 'month'),
      delimiter: fc.constantFrom<DelimitedFormat['delimiter']>({ kind: 'byte', byte: 0x3b }, { kind: 'whitespace' }),
      keyFields: fc.constantFrom([1], [1, 3], [3]),
    }),
  );
  fc.assert(
    fc.property(world, ({ lines, timestamp, unit, delimiter, keyFields, ...rest }) => {
      const separator = delimiter.kind === 'byte' ? ';' : ' ';
      const text = lines.map(([key, value, instant, end]) => [key, value, instant].join(separator) + end).join('');
      const chosen = { ...DEFAULT_FORMAT, delimiter, fieldCount: 3, keyFields, valueField: 2, scale: 2 };
      agrees({ ...rest, bytes: Buffer.from(text, 'latin1'), format: chosen, recordPeriod: { unit, field: 3, timestamp } });
    }),
    { seed, numRuns: 10_000 },
  );
}, 240_000);
