import fc from 'fast-check';

import { civilFromDays, daysFromCivil, daysOfMonth } from '../../src/core/civil-date';
import { DEFAULT_FORMAT } from '../../src/core/format';
import type { DelimitedFormat } from '../../src/core/format';
import type { RecordPeriod } from '../../src/core/record-period';
import { TimestampReader } from '../../src/core/timestamp';
import { countInSplits } from '../helpers/count-in-splits';
import { naiveCount } from '../helpers/naive-count';
import { naivePeriod } from '../helpers/naive-timestamp';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();
const DAY_MS = 86_400_000;

test('every day of the four hundred years after which the calendar repeats itself is the date that the platform makes of it', () => {
  const first = Date.UTC(1899, 11, 31) / DAY_MS;
  for (let days = first; days <= first + 146_097; days++) {
    const date = new Date(days * DAY_MS);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const civil = civilFromDays(days);
    if (civil.year !== year || civil.month !== month || civil.day !== day || daysFromCivil(year, month, day) !== days)
      throw new Error(`${date.toISOString()} came out as ${JSON.stringify(civil)}`);
  }
});

test('every month has as many days as the platform says', () => {
  for (let month = 0; month < 12 * 400; month++) {
    const [year, ofYear] = [1800 + Math.floor(month / 12), 1 + (month % 12)];
    expect(daysOfMonth(year, ofYear)).toBe(new Date(Date.UTC(year, ofYear, 0)).getUTCDate());
  }
});

const unit = fc.constantFrom<RecordPeriod['unit']>('hour', 'day', 'month');
const kind = fc.constantFrom<RecordPeriod['timestamp']>('iso8601', 'iso8601', 'unixSeconds', 'unixMilliseconds');

/** Mostly within the range, often at the edge of a period, sometimes far away. */
const instantMs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) - 1 }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat({ max: 36_525 }), fc.integer({ min: -2, max: 2 }))
      .map(([days, off]) => Date.UTC(2000) + days * DAY_MS + off),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      Date.UTC(2026, 10, 23),
      Date.UTC(2024, 1, 29),
      Date.UTC(2000),
      Date.UTC(2100) - 1,
      Date.UTC(2100),
      Date.UTC(2000) - 1,
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: Date.UTC(1, 0) - 1900 * 366 * DAY_MS, max: 253_402_300_799_999 }) },
);
const offset = fc.oneof(
  fc.constantFrom('Z', 'Z', '+00:00', '-00:00', '+01:00', '-05:30', '+14:00', '+23:59', '-23:59', '+24:00', '-01:60'),
  fc.constantFrom('', 'z', '+0100', '+01', ' Z', '+1:00', 'ZZ', '+01:00Z', '-1a:00', '+01-00'),
);
const fraction = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom('0', '5', '9'), minLength: 1, maxLength: 9 }).map((digits) => `.${digits}`) },
  { weight: 1, arbitrary: fc.constantFrom('.', ',5', '.1234567890', '.5x', '.-1', '..1') },
);
const twoDigits = fc.nat({ max: 99 }).map((number) => String(number).padStart(2, '0'));
const isoText = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(instantMs, fraction, offset).map(([at, part, zone]) => isoSecond(at) + part + zone) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('2026', '2024', '1999', '2100', '0000', '9999'), twoDigits, twoDigits, twoDigits, twoDigits, twoDigits, offset)
      .map(([year, month, day, hour, minute, second, zone]) => `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['', '2026', '2026-11-23', '2026-11-23T14:05', '2026-11-23 14:05:06Z', '2026-11-23t14:05:06Z', '2026-11-23T14:05:06z'],
      ...['2026-11-23T24:00:00Z', '2016-12-31T23:59:60Z', '2026-02-29T00:00:00Z', '2026-11-31T00:00:00Z', '20261123T140506Z'],
      ...[
        '2026-W48-1T00:00:00Z',
        '+2026-11-23T00:00:00Z',
        '2026/11/23T00:00:00Z',
        '1999-12-31T23:30:00-01:00',
        '2099-12-31T23:30:00-01:00',
      ],
      ...[
        '2100-01-01T00:30:00+01:00',
        '2000-01-01T00:30:00+01:00',
        '2026-11-23T14:05:06Z ',
        ' 2026-11-23T14:05:06Z',
        '2026-11-23T14.05.06Z',
      ],
    ),
  },
);
const unixText = fc.oneof(
  { weight: 4, arbitrary: instantMs.map((at) => String(Math.floor(at / 1000))) },
  { weight: 4, arbitrary: instantMs.map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', '0', '946684799', '946684800', '4102444799', '4102444800', '946684799999', '4102444799999', '-1', '+1'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('0001700000000', '1700000000.5', '1e9', '17000000x0', ' 1700000000', '9'.repeat(400), '1700000000000000'),
  },
  { weight: 1, arbitrary: fc.nat({ max: 25 }).map((zeros) => `${'0'.repeat(zeros)}1764547200000`) },
);

function isoSecond(at: number): string {
  // Years before 0 are written in another way, which is refused.
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, '');
}

const otherText = fc.oneof(isoText, unixText, fc.string({ unit: 'binary-ascii', maxLength: 24 }));

/** How timestamps are written, and a text of that kind for the most part. */
const kindAndText = kind.map((timestamp) => ({
  timestamp,
  text: fc.oneof({ weight: 9, arbitrary: timestamp === 'iso8601' ? isoText : unixText }, { weight: 1, arbitrary: otherText }),
}));

test('a timestamp has the period, or the reason, that the platform and a regular expression find, whatever was read before it', () => {
  fc.assert(
    fc.property(
      kindAndText.chain(({ timestamp, text }) => fc.tuple(fc.constant(timestamp), fc.array(text, { minLength: 1, maxLength: 12 }))),
      unit,
      ([timestamp, texts], chosenUnit) => {
        const reader = new TimestampReader({ unit: chosenUnit, timestamp });
        for (const one of texts) {
          const bytes = Buffer.from(`9${one}9`, 'latin1');
          const verdict = reader.read(bytes, 1, bytes.length - 1);
          const found = verdict === null ? { period: Buffer.from(reader.period).toString('latin1') } : { reason: verdict };
          expect({ one, ...found }).toEqual({ one, ...naivePeriod(one, { unit: chosenUnit, timestamp }) });
        }
      },
    ),
    { seed, numRuns: 6000 },
  );
}, 60_000);

const key = fc.constantFrom('1', '2', 'ab', '\xc3\xa9', '', '\xff', 'k'.repeat(300));
const value = fc.constantFrom('1', '22', '999999999999999999', '9223372036854775807', 'x', '-5');
const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n');
const arrangements: readonly Pick<DelimitedFormat, 'fieldCount' | 'keyFields' | 'valueField'>[] = [
  { fieldCount: 3, keyFields: [1], valueField: 2 },
  { fieldCount: 3, keyFields: [1, 3], valueField: 2 },
  { fieldCount: 3, keyFields: [3], valueField: 2 },
];

test('records with a period each give the totals and the receipt of the oracle in any splits, chunks and crashes', () => {
  const world = fc.record({
    ofKind: kindAndText.chain(({ timestamp, text }) =>
      fc.record({ timestamp: fc.constant(timestamp), lines: fc.array(fc.tuple(key, value, text, lineEnd), { maxLength: 8 }) }),
    ),
    delimiter: fc.constantFrom<DelimitedFormat['delimiter']>({ kind: 'byte', byte: 0x3b }, { kind: 'whitespace' }),
    arrangement: fc.constantFrom(...arrangements),
    unit,
    cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 4 }),
    chunkBytesMax: fc.constantFrom(1, 5, 32, 4096),
    crashRate: fc.constantFrom(0, 0.05, 0.2),
    chance: fc.nat(),
  });
  fc.assert(
    fc.property(world, ({ ofKind: { timestamp, lines }, unit: chosenUnit, delimiter, arrangement, cuts, chance, ...pace }) => {
      const recordPeriod: RecordPeriod = { unit: chosenUnit, field: 3, timestamp };
      const format: DelimitedFormat = { ...DEFAULT_FORMAT, ...arrangement, delimiter };
      const separator = delimiter.kind === 'byte' ? String.fromCharCode(delimiter.byte) : ' \t';
      const content = lines.map(([...fields]) => fields.slice(0, 3).join(separator) + fields[3]).join('');
      const bytes = Buffer.from(content, 'latin1');
      const inner = cuts.map((cut) => Math.floor((cut * bytes.length) / 1000));
      const bounds = [...new Set([0, ...inner, bytes.length])].sort((left, right) => left - right);
      const splits = bounds.slice(1).map((endOffset, index) => ({ startOffset: bounds[index]!, endOffset }));
      const counted = countInSplits(bytes, format, { ...pace, splits, recordPeriod, blockBytes: 64, random: seededRandom(chance) });
      expect(counted).toEqual(naiveCount(bytes, format, 64, recordPeriod));
    }),
    { seed, numRuns: 2000 },
  );
}, 60_000);
