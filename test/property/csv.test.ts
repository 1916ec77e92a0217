/** CSV counted in any splits, chunks and resumes, against an oracle, which is itself compared with a parser of others. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';

import { TallylineFailure } from '../../src/core/failures';
import { DEFAULT_CSV_FORMAT, type CsvFormat } from '../../src/core/format';
import type { Split } from '../../src/core/split';
import { countInSplits, countOneSplit } from '../helpers/count-in-splits';
import { naiveCsv, naiveRecords } from '../helpers/naive-csv';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();

const keys = fc.constantFrom('1', '12', 'a', 'b', '\xc3\xa9', '', '\xff', 'a b', ' ');
const values = fc.constantFrom('1', '22', '0007', '-5', '1.50', '9223372036854775807', '9223372036854775808', 'x', '', '1 ');
const notes = fc.constantFrom(
  '',
  'note',
  'a,b',
  ';',
  '\t',
  '\r',
  '"',
  '""',
  '\n',
  'x\ny',
  '\r\n',
  '\n\n',
  'n'.repeat(40),
  `${'n'.repeat(30)}\n"`,
);
const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
/** As RFC 4180 has it. */
const wellFormed = (delimiter: string, text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.boolean()).map(([content, isQuoted]) => {
    const mustBe = content.includes(delimiter) || /["\r\n]/.test(content);
    return isQuoted || mustBe ? quote(content) : content;
  });
const malformed = fc.constantFrom('"', 'a"b', '"a"b', '"a" ', ' "a"', '"a""', '"""', 'a"', '"a"b"c', '"a"\r', '"\n', '"x\ny"z');
const lineEnds = fc.constantFrom('\n', '\n', '\n', '\r\n');

interface Text {
  readonly bytes: Buffer;
  readonly format: CsvFormat;
}

function texts(strays: number): fc.Arbitrary<Text> {
  const order = fc.constantFrom(
    ...[
      ['consumer', 'amount', 'note'],
      ['note', 'amount', 'consumer'],
      ['amount', 'note', 'consumer'],
    ],
  );
  return fc.tuple(fc.constantFrom(',', ',', ';', '\t'), order).chain(([delimiter, columns]) => {
    const well = (text: fc.Arbitrary<string>) => wellFormed(delimiter, text);
    const contents: Record<string, fc.Arbitrary<string>> = { consumer: well(keys), amount: well(values), note: well(notes) };
    const row = fc.tuple(...columns.map((column) => contents[column]!)).map((fields) => fields.join(delimiter));
    const odd = fc.array(fc.oneof(malformed, well(notes), well(keys)), { maxLength: 5 }).map((fields) => fields.join(delimiter));
    const line = fc.oneof({ weight: 6, arbitrary: row }, { weight: 1, arbitrary: fc.constant('') }, { weight: strays, arbitrary: odd });
    const lines = fc.array(fc.tuple(line, lineEnds), { maxLength: 9 }).map((rows) => rows.flat().join(''));
    const header = fc.tuple(...columns.map((column) => well(fc.constant(column))), lineEnds);
    return fc
      .record({
        bom: fc.constantFrom('', '', '\xef\xbb\xbf'),
        header: header.map((parts) => `${parts.slice(0, -1).join(delimiter)}${parts.at(-1)}`),
        lines,
        end: fc.constantFrom('', '', ...(strays > 0 ? ['"', '1', '"a\n', 'b\r', '"b"'] : [])),
        keyColumns: fc.constantFrom(['consumer'], ['consumer'], ['note', 'consumer']),
        scale: fc.constantFrom(0, 2),
        allowNegative: fc.boolean(),
        maxLineBytes: fc.constantFrom(30, 45, 1_048_576),
      })
      .map(({ bom, header: first, lines: rest, end, ...chosen }) => ({
        bytes: Buffer.from(bom + first + rest + end, 'latin1'),
        format: {
          ...DEFAULT_CSV_FORMAT,
          ...chosen,
          delimiter: { kind: 'byte', byte: delimiter.charCodeAt(0) },
          valueColumn: 'amount',
        },
      }));
  });
}

/** What csv-parse says of a record. */
interface Found {
  readonly record: string[];
  readonly info: { readonly bytes: number };
}

interface World extends Text {
  readonly cuts: readonly number[];
  readonly blockBytes: number;
  readonly chunkBytesMax: number;
  readonly crashRate: number;
  readonly chance: number;
}

const world: fc.Arbitrary<World> = fc
  .record({
    text: fc.oneof(texts(0), texts(2)),
    // As parts of 1,000 of the size, so that they shrink on their own.
    cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 5 }),
    blockBytes: fc.constantFrom(1, 5, 16, 64, 1_048_576),
    chunkBytesMax: fc.constantFrom(1, 2, 5, 32, 4096),
    crashRate: fc.constantFrom(0, 0.05, 0.2),
    chance: fc.nat(),
  })
  .map(({ text, ...rest }) => ({ ...text, ...rest }));

function splitsOf(sizeBytes: number, cuts: readonly number[]): Split[] {
  const inner = cuts.map((cut) => Math.floor((cut * sizeBytes) / 1000));
  const bounds = [...new Set([0, ...inner, sizeBytes])].sort((left, right) => left - right);
  return bounds.slice(1).map((endOffset, index) => ({ startOffset: bounds[index]!, endOffset }));
}

/** As the flow counts it: line by line in parallel, and once a record spans lines in one split. */
function countFile(one: World, splits: readonly Split[]) {
  const { bytes, format, chance } = one;
  const circumstances = { ...one, random: seededRandom(chance) };
  try {
    return { ...countInSplits(bytes, format, { ...circumstances, splits }), spansLines: false };
  } catch (error) {
    if (!(error instanceof TallylineFailure) || error.code !== 'record_spans_lines') throw error;
    const whole = [{ startOffset: 0, endOffset: bytes.length }];
    return { ...countInSplits(bytes, { ...format, spansLines: true }, { ...circumstances, splits: whole }), spansLines: true };
  }
}

test('any splits, chunks and resumes give the totals and the receipt of the oracle, and records that span lines never go unseen', () => {
  fc.assert(
    fc.property(world, (one) => {
      expect(countFile(one, splitsOf(one.bytes.length, one.cuts))).toEqual(naiveCsv(one.bytes, one.format, one.blockBytes));
    }),
    { seed, numRuns: 1000 },
  );
}, 60_000);

test('splits of one byte each give the same', () => {
  fc.assert(
    fc.property(world, (one) => {
      const bytes = one.bytes.subarray(0, 60);
      const splits = Array.from(bytes, (_, startOffset) => ({ startOffset, endOffset: startOffset + 1 }));
      expect(countFile({ ...one, bytes }, splits)).toEqual(naiveCsv(bytes, one.format, one.blockBytes));
    }),
    { seed, numRuns: 60 },
  );
}, 60_000);

test('one split comes to the same whether it knows of records that span lines or not, as long as there are none', () => {
  fc.assert(
    fc.property(world, (one) => {
      const oracle = naiveCsv(one.bytes, one.format, one.blockBytes);
      const splits = [{ startOffset: 0, endOffset: one.bytes.length }];
      const circumstances = { ...one, splits, random: seededRandom(one.chance) };
      const { spansLines, ...counted } = oracle;
      expect(countInSplits(one.bytes, { ...one.format, spansLines: true }, circumstances)).toEqual(counted);
      if (!spansLines) expect(countInSplits(one.bytes, one.format, circumstances)).toEqual(counted);
    }),
    { seed, numRuns: 400 },
  );
}, 60_000);

test('a partial has the same bytes whatever the chunks and resumes were', () => {
  fc.assert(
    fc.property(world, ({ bytes, format, blockBytes, chunkBytesMax, chance }) => {
      const random = seededRandom(chance);
      const [split, spanning] = [
        { startOffset: 0, endOffset: bytes.length },
        { ...format, spansLines: true as const },
      ];
      const whole = countOneSplit(bytes, spanning, split, { blockBytes, random, chunkBytesMax: 4096, crashRate: 0 });
      const broken = countOneSplit(bytes, spanning, split, { blockBytes, random, chunkBytesMax, crashRate: 0.3 });
      expect(Buffer.from(broken).equals(whole)).toBe(true);
    }),
    { seed, numRuns: 300 },
  );
}, 60_000);

test('where records of well-formed files lie, and what their fields are, is what csv-parse finds', () => {
  fc.assert(
    fc.property(texts(0), ({ bytes, format }) => {
      const delimiter = String.fromCharCode(format.delimiter.byte);
      const text = bytes.toString('latin1');
      const bomBytes = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
      const options = { delimiter, encoding: 'latin1', info: true, relax_column_count: true } as const;
      const found = parse(bytes.subarray(bomBytes), { ...options, record_delimiter: ['\r\n', '\n'] }) as unknown as Found[];
      const records = naiveRecords(text, bomBytes, delimiter);
      expect(records.map(({ fields }) => fields)).toEqual(found.map(({ record }) => record));
      expect(records.map(({ end }) => end)).toEqual(found.map(({ info }) => info.bytes + bomBytes));
    }),
    { seed, numRuns: 500 },
  );
}, 60_000);
