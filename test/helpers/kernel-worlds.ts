/** Generated files in which the kernel may differ from the reference, by what they are full of. */
import fc from 'fast-check';
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT } from '../../src/core/format';
import type { DelimitedFormat, Format } from '../../src/core/format';
import type { RecordPeriod } from '../../src/core/record-period';
import { bom, digits, file, format, keys, piece, plainLine, values } from './arbitrary-files';
import { timestamps } from './arbitrary-timestamps';
import type { KernelWorld } from './kernel-agreement';

export interface KernelWorlds {
  readonly worlds: fc.Arbitrary<KernelWorld>;
  /** In one run of the tests. */
  readonly runs: number;
}

/** A part of the runs is repeated with a table that is full at once. */
export const TIGHT_SHARE = 10;

const circumstances = {
  cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 3 }),
  chunkBytesMax: fc.constantFrom(20, 64, 300, 4096, 4096, 4096),
  crashRate: fc.constantFrom(0, 0, 0.1, 0.4),
  chance: fc.nat(),
};

/** At the longest that a field of a key may be, and anything up to it. */
const longKeys = fc.oneof(fc.constantFrom(1023, 1024, 1025), fc.nat({ max: 1100 })).map((length) => 'k'.repeat(length));

/** One field that goes on through several of the blocks in which delimiters are looked for, each part of which would do for a value. */
const onlyDigits = fc.noBias(fc.integer({ min: 100, max: 150 })).map((length) => `${'1'.repeat(length)}\n`);
const plainValues = fc.nat({ max: 99_999 }).map(String);

/** The fields of a line are as many as the format wants, and joined as it joins them: most lines are for the kernel. */
const fitting = format.chain((chosen) => {
  const separator = chosen.delimiter.kind === 'byte' ? String.fromCharCode(chosen.delimiter.byte) : ' ';
  const others = fc.constantFrom('', 'x', 'some text', 'a\tb', '"', '\xff');
  const linesOf = (key: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> => {
    const fields = Array.from({ length: chosen.fieldCount }, (_, index) => {
      if (chosen.valueField === index + 1) return value;
      return chosen.keyFields.includes(index + 1) ? key : others;
    });
    const ends = fc.constantFrom('\n', '\n', '\n', '\n', '\n', '\r\n', '\r\r\n');
    return fc.tuple(fc.tuple(...fields), ends).map(([parts, end]) => parts.join(separator) + end);
  };
  const odd = fc.oneof(
    { weight: 10, arbitrary: linesOf(keys, values) },
    { weight: 4, arbitrary: piece },
    { weight: 2, arbitrary: linesOf(longKeys, plainValues) },
    { weight: 2, arbitrary: onlyDigits },
  );
  const plain = linesOf(fc.constantFrom('1', '12', '123', 'abc', 'abcdefghij'), plainValues);
  // An odd line among plain ones is looked at in other ways than one behind another.
  const lines = fc.oneof(
    fc.array(odd, { maxLength: 25 }),
    fc
      .tuple(fc.array(plain, { maxLength: 8 }), odd, fc.array(plain, { maxLength: 8 }))
      .map(([before, one, after]) => [...before, one, ...after]),
  );
  return fc.record({
    ...circumstances,
    bytes: fc
      .tuple(bom, lines, fc.constantFrom('', '1 2', '\r'))
      .map(([start, all, end]) => Buffer.from(start + all.join('') + end, 'latin1')),
    format: fc.constant(chosen),
  });
});

/** What the kernel holds outside of its table, and what looks like it: many short lines alike, and odd ones at any place among them. */
const digitKeys = (digitsMax: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 1, max: digitsMax }), fc.constantFrom('1', '10', '123', '7', '98', '00'))
    .map(([length, start]) => start.repeat(length).slice(0, length));
const smallNumbers = fc
  .record({
    // Numbers of six digits have a million places to be looked at.
    digitsMax: fc.constantFrom(2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 8),
    scale: fc.constantFrom(0, 0, 1, 2, 3, 7, 8),
    end: fc.constantFrom('\n', '\n', '\r\n'),
  })
  .chain(({ digitsMax, scale, end }) => {
    const key = digitKeys(digitsMax);
    const value = fc
      .tuple(fc.constantFrom('0', '7', '42', '99', '005', '123456'), fc.nat({ max: 99 }))
      .map(([whole, parts]) => (scale === 0 ? whole + String(parts) : `${whole}.${String(parts).padStart(scale, '0').slice(-scale)}`));
    const linesOf = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((all) => all.join(''));
    const odd = fc.oneof(
      linesOf(digitKeys(8), fc.constant(' '), digits, fc.constantFrom('\n', '\r\n', ' 1\n')),
      // One byte is another or none: in place of a digit, a point, what separates, what ends the line.
      fc
        .tuple(
          linesOf(key, fc.constant(' '), value, fc.constant(end)),
          fc.nat({ max: 15 }),
          fc.constantFrom('', '\n', '\r', '\x0e', ' ', '/', '.', ':', '0', '1', '9', '\x7f', '\xff'),
        )
        .map(([line, place, byte]) => line.slice(0, place % line.length) + byte + line.slice((place % line.length) + 1)),
      piece,
    );
    return fc
      .record({
        ...circumstances,
        crashRate: fc.constantFrom(0, 0.2, 0.5),
        // Even: they are held from the first byte on.
        chance: fc.nat().map((chance) => chance - (chance % 2)),
        plain: fc.array(linesOf(key, fc.constant(' '), value, fc.constant(end)), { maxLength: 12 }),
        times: fc.nat({ max: 20 }),
        odds: fc.array(fc.tuple(fc.nat(), odd), { maxLength: 3 }),
      })
      .map(({ plain, times, odds, ...world }) => {
        const lines = Array.from({ length: times }, () => plain).flat();
        for (const [place, line] of odds) lines.splice(place % (lines.length + 1), 0, line);
        return { ...world, bytes: Buffer.from(lines.join(''), 'latin1'), format: { ...DEFAULT_FORMAT, scale } };
      });
  });

const largeCircumstances = { ...circumstances, chunkBytesMax: fc.constantFrom(4096, 20_000, 1 << 20) };

const repeated = fc.record({
  ...largeCircumstances,
  bytes: fc
    .tuple(
      fc.array(fc.oneof({ weight: 40, arbitrary: plainLine }, { weight: 1, arbitrary: piece }), { maxLength: 40 }),
      fc.nat({ max: 400 }),
    )
    .map(([lines, times]) =>
      Buffer.from(Array.from({ length: times }, (_, index) => `${index * 7919}${lines.join('')}`).join(''), 'latin1'),
    ),
  format,
});

/** More keys than the first buckets are for, short and long, most of them more than once. */
const manyKeys = fc
  .record({
    ...largeCircumstances,
    lines: fc.nat({ max: 12_000 }),
    step: fc.integer({ min: 1, max: 1 << 20 }),
    distinct: fc.integer({ min: 1, max: 9000 }),
    start: fc.constantFrom('', 'k', '1234567', 'some longer key '),
  })
  .map(({ lines, step, distinct, start, ...rest }) => {
    const all = Array.from({ length: lines }, (_, index) => `${start}${(index * step) % distinct} ${index}\n`);
    return { ...rest, bytes: Buffer.from(all.join(''), 'latin1'), format: DEFAULT_FORMAT };
  });

const cells = fc.constantFrom(
  ...['a', 'b', '1', '22', '', '"a"', '"1"', '"x,y"', '""', '"', 'a"', '"a"b', '"a""b"', '"a"b"c"', '"x\ny"', ' 1', '\xc3\xa9', '"\xff"'],
  ...['some longer text without quotes', '"some longer text, within quotes, of more bytes than one block has"'],
);

const csv = fc.integer({ min: 1, max: 5 }).chain((columns) => {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  const valueCell = fc.oneof({ weight: 3, arbitrary: values }, cells);
  const row = fc.tuple(...names.map((_, index) => (index === columns - 1 ? valueCell : cells)));
  const rows = fc.array(fc.oneof({ weight: 9, arbitrary: row }, fc.array(cells, { maxLength: 6 })), { maxLength: 20 });
  const parts = fc.array(fc.tuple(rows, fc.constantFrom('\n', '\n', '\r\n', '\n\n')), { maxLength: 2 });
  const chosen: fc.Arbitrary<Format> = fc
    .record({
      keyColumns: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
      scale: fc.constantFrom(0, 2),
      allowNegative: fc.boolean(),
      maxLineBytes: fc.constantFrom(12, 40, 1_048_576),
      spansLines: fc.constantFrom(undefined, undefined, true as const),
    })
    .map(({ spansLines, ...rest }) => ({
      ...DEFAULT_CSV_FORMAT,
      ...rest,
      valueColumn: `c${columns - 1}`,
      ...(spansLines && { spansLines }),
    }));
  return fc
    .record({
      ...circumstances,
      bytes: fc.tuple(bom, parts, fc.constantFrom('', '1,2', '"')).map(([start, all, end]) => {
        const body = all.map(([some, ending]) => some.map((row) => row.join(',') + ending).join('')).join('');
        return Buffer.from(`${start}${names.join(',')}\n${body}${end}`, 'latin1');
      }),
      format: chosen,
    })
    .map((world) => ('spansLines' in world.format ? { ...world, cuts: [] } : world));
});

const periods = fc.constantFrom<RecordPeriod['timestamp'][]>('iso8601', 'iso8601', 'unixSeconds', 'unixMilliseconds').chain((timestamp) => {
  const ends = fc.constantFrom('\n', '\n', '\r\n', '\n\n');
  return fc
    .record({
      ...circumstances,
      lines: fc.array(
        fc.oneof(
          { weight: 3, arbitrary: fc.tuple(fc.tuple(fc.constantFrom('a', 'b'), plainValues, timestamps[timestamp]), ends) },
          { weight: 1, arbitrary: fc.tuple(fc.tuple(keys, values, timestamps[timestamp]), ends) },
        ),
        { maxLength: 25 },
      ),
      unit: fc.constantFrom<RecordPeriod['unit'][]>('hour', 'day', 'month'),
      delimiter: fc.constantFrom<DelimitedFormat['delimiter']>({ kind: 'byte', byte: 0x3b }, { kind: 'whitespace' }),
      keyFields: fc.constantFrom([1], [1, 3], [3]),
    })
    .map(({ lines, unit, delimiter, keyFields, ...rest }) => {
      const separator = delimiter.kind === 'byte' ? ';' : ' ';
      const text = lines.map(([parts, end]) => parts.join(separator) + end).join('');
      const chosen = { ...DEFAULT_FORMAT, delimiter, fieldCount: 3, keyFields, valueField: 2, scale: 2 };
      return { ...rest, bytes: Buffer.from(text, 'latin1'), format: chosen, recordPeriod: { unit, field: 3, timestamp } };
    });
});

/** Totals of before that one entry of a table holds just yet, or no more, and some records on top of them. */
const nearPowers = (bits: readonly number[]): fc.Arbitrary<bigint> =>
  fc.tuple(fc.constantFrom(...bits), fc.bigInt({ min: -2n, max: 2n })).map(([exponent, beside]) => (1n << BigInt(exponent)) + beside);
const keysBefore = ['1', '12', '123', 'abcdefghij', 'some longer key of 30 bytes...'];
const entryBefore = fc
  .record({
    key: fc.constantFrom(...keysBefore),
    magnitude: nearPowers([1, 31, 62, 63, 64, 70, 77, 84, 91, 94, 95, 96, 100]),
    sign: fc.constantFrom(1n, -1n),
    count: nearPowers([2, 16, 31, 32, 32, 33, 40]),
  })
  // So many records have no larger sum.
  .map(({ key, magnitude, sign, count }) => ({ key, count, sum: sign * (magnitude < count << 63n ? magnitude : (count << 63n) - 1n) }));
const resumed = fc.record({
  ...circumstances,
  bytes: fc
    .array(fc.tuple(fc.constantFrom(...keysBefore), values), { maxLength: 12 })
    .map((lines) => Buffer.from(lines.map((parts) => `${parts.join(',')}\n`).join(''), 'latin1')),
  format: fc
    .boolean()
    .map((allowNegative): DelimitedFormat => ({ ...DEFAULT_FORMAT, delimiter: { kind: 'byte', byte: 0x2c }, allowNegative })),
  before: fc
    .uniqueArray(entryBefore, { selector: ({ key }) => key, maxLength: 4 })
    .map((entries) =>
      entries.sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ key, ...rest }) => ({ key: Buffer.from(key), ...rest })),
    ),
});

export const KERNEL_WORLDS = {
  'small numbers, and what looks like them': { worlds: smallNumbers, runs: 6000 },
  'files whose lines fit the format more or less': { worlds: fitting, runs: 38_000 },
  'files and formats that know nothing of each other': { worlds: fc.record({ bytes: file, format, ...circumstances }), runs: 25_000 },
  'files of several windows and batches, with growing tables': { worlds: fc.oneof(repeated, manyKeys), runs: 400 },
  'CSV with quotes of every kind, and records that span lines': { worlds: csv, runs: 20_000 },
  'records that name their period': { worlds: periods, runs: 10_000 },
  'totals of before that are as large as entries hold': { worlds: resumed, runs: 5000 },
} satisfies Readonly<Record<string, KernelWorlds>>;
