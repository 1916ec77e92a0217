import { csvHeader, csvRows, isCheckFailed, jsonReport, remarks, tableRows } from '../../src/cli/count-report';
import type { CountedFile } from '../../src/cli/count-file';
import { formatFromOptions } from '../../src/cli/read-format';
import { periodFromOptions } from '../../src/cli/read-period';
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT } from '../../src/core/format';
import type { Receipt } from '../../src/core/receipt';
import { failureCode } from '../helpers/failure-code';

const receipt: Receipt = {
  ...{ bytes: 20, lines: 3, records: 2, blanks: 0, rejected: 1, bomBytes: 0, unterminatedLastLine: false, splits: 1 },
  rejects: { value_syntax: { count: 1, samples: [{ offset: 7, text: 'a b' }] } },
  ...{ contentDigest: 'c', planDigest: 'p', grammarVersion: 1 },
};
const counted: CountedFile = { file: 'a.txt', receipt, quarantined: null };
const totals = [{ key: Buffer.from('1\0a,b'), sum: -150n, count: 2n }];
const format = { ...DEFAULT_FORMAT, scale: 2 };

test('CSV has the scaled integer and one cell a key', () => {
  expect([...csvRows(totals, format)].join('')).toBe('"1 a,b",-150,2\n');
});

test('only a table has the point', () => {
  expect(tableRows(totals, format).rows).toEqual([['1 a,b', '-1.50', '2']]);
});

test('JSON has receipts with counts by reason, and sums as strings beside the scale', () => {
  expect(
    JSON.parse(JSON.stringify(jsonReport({ files: [counted, { ...counted, quarantined: 'sum_overflow' }], totals }, format))),
  ).toMatchObject({
    receipts: [{ file: 'a.txt', bytes: 20, rejects: { value_syntax: 1 } }, { quarantined: 'sum_overflow' }],
    scale: 2,
    totals: [{ key: ['1', 'a,b'], sum: '-150', count: '2' }],
  });
});

test('totals of records with a period each have it first', () => {
  const ofPeriods = [
    { key: Buffer.from('2026-11\x001\x00a'), sum: 150n, count: 1n },
    { key: Buffer.from('2026-12\x001\x00a'), sum: 250n, count: 2n },
  ];
  expect([...csvRows(ofPeriods, format, 'month')].join('')).toBe('2026-11,1 a,150,1\n2026-12,1 a,250,2\n');
  expect([csvHeader(), csvHeader('month')]).toEqual(['key,sum,count\n', 'period,key,sum,count\n']);
  expect(tableRows(ofPeriods, format, 'month').rows).toEqual([
    ['2026-11', '1 a', '1.50', '1'],
    ['2026-12', '1 a', '2.50', '2'],
  ]);
  expect(jsonReport({ files: [], totals: ofPeriods }, format, 'month')).toMatchObject({
    totals: [{ period: '2026-11', key: ['1', 'a'], sum: '150' }, { period: '2026-12' }],
  });
});

describe('period options', () => {
  const given = { periodUnit: 'day', periodField: '3', timestamp: 'iso8601' };

  test('three of them say where each record names its period, none says that there are none', () => {
    expect(periodFromOptions(given, { fields: '3' })).toEqual({ unit: 'day', field: 3, timestamp: 'iso8601' });
    expect(periodFromOptions({}, { fields: '3' })).toBeUndefined();
  });

  test.each([
    [{ ...given, periodUnit: 'week' }, /--period-unit must be/],
    [{ periodUnit: 'day' }, /--period-field is missing.*--timestamp is missing/],
    [{ ...given, periodField: '4' }, /--period-field is field 4/],
    [{ ...given, timestamp: 'unix' }, /--timestamp must be/],
  ])('%j is refused', (options, message) => {
    expect(() => periodFromOptions(options, { fields: '3' })).toThrow(message);
  });
});

test.each([
  [1, 99, null, false],
  [2, 98, null, true],
  [0, 1, 'sum_overflow', true],
] as const)('%d rejects and %d records, quarantined %s: failed %p', (rejected, records, quarantined, failed) => {
  expect(isCheckFailed({ file: 'a', receipt: { ...receipt, rejected, records }, quarantined })).toBe(failed);
});

test('remarks name what is not simply counted', () => {
  expect(remarks({ file: 'a.txt', receipt: { ...receipt, unterminatedLastLine: true }, quarantined: 'sum_overflow' }).join('\n')).toMatch(
    /sum_overflow[^]*1 of 3 lines rejected: 1 value_syntax \(the first at byte 7: a b\)[^]*no line feed/,
  );
  expect(remarks({ file: 'a.txt', receipt: { ...receipt, rejected: 0, rejects: {} }, quarantined: null })).toEqual([]);
});

describe('format options', () => {
  test('without options the format is the default one', () => {
    expect(formatFromOptions({})).toEqual(DEFAULT_FORMAT);
  });

  test('every option is taken over', () => {
    expect(formatFromOptions({ delimiter: '\\t', fields: '4', key: '1,3', value: '4', scale: '2', allowNegative: true })).toMatchObject({
      ...{ delimiter: { kind: 'byte', byte: 9 }, fieldCount: 4, keyFields: [1, 3], valueField: 4, scale: 2, allowNegative: true },
    });
    expect(formatFromOptions({ delimiter: 'whitespace' }).delimiter).toEqual({ kind: 'whitespace' });
  });

  test.each([
    [{ key: '1,3' }, '--key is field 3'],
    [{ value: '1' }, '--value is field 1'],
    [{ delimiter: '5' }, '--delimiter must be'],
    [{ delimiter: 'ab', scale: '19' }, '--scale must be'],
    [{ key: '1,' }, '--key must be'],
  ])('%j is refused: %s', (options, sentence) => {
    expect(failureCode(() => formatFromOptions(options))).toBe('config_invalid');
    expect(() => formatFromOptions(options)).toThrow(sentence);
  });

  test('of CSV name columns', () => {
    const csv = { format: 'csv', key: 'consumer,site', value: 'amount' } as const;
    expect(formatFromOptions(csv)).toEqual({ ...DEFAULT_CSV_FORMAT, keyColumns: ['consumer', 'site'], valueColumn: 'amount' });
    expect(formatFromOptions({ ...csv, delimiter: '\\t', scale: '2', allowNegative: true })).toMatchObject({
      ...{ delimiter: { kind: 'byte', byte: 9 }, scale: 2, allowNegative: true },
    });
  });

  test.each([
    [{ format: 'csv', value: 'amount' }, '--key must be the name of a column'],
    [{ format: 'csv', key: 'a' }, '--value must be the name of a column'],
    [{ format: 'csv', key: 'a', value: 'b', fields: '3' }, '--fields has no meaning with --format csv'],
    [{ format: 'csv', key: 'a,', value: 'b' }, '--key must be the name of a column'],
    [{ format: 'csv', key: 'a,b', value: 'b' }, '--value is column "b", which is (part of) the key'],
    [{ format: 'csv', key: 'a,a', value: 'b' }, '--key names a column twice'],
    [
      { format: 'csv', key: 'a', value: 'b', delimiter: '"' },
      '--delimiter must be one ASCII character other than LF, CR, a digit, `-`, `.` or',
    ],
    [{ format: 'csv', key: 'a', value: 'b', delimiter: 'whitespace' }, '--delimiter must be'],
    [{ key: 'consumer' }, '--key must be the number of a field'],
  ] as const)('%j is refused: %s', (options, sentence) => {
    expect(() => formatFromOptions(options)).toThrow(sentence);
  });
});
