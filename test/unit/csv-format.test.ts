/** Every rule of the CSV grammar by itself; how they combine is the property tests' part. */
import { TallylineFailure } from '../../src/core/failures';
import type { CsvFormat } from '../../src/core/format';
import { decodePartial } from '../../src/core/partial-codec';
import { countOneSplit } from '../helpers/count-in-splits';

const FORMAT: CsvFormat = {
  kind: 'csv',
  delimiter: { kind: 'byte', byte: 0x2c },
  keyColumns: ['consumer'],
  valueColumn: 'amount',
  scale: 0,
  allowNegative: false,
  maxLineBytes: 1_048_576,
};
const SPANS: Partial<CsvFormat> = { spansLines: true };

function count(text: string, change: Partial<CsvFormat> = {}) {
  const bytes = Buffer.from(text, 'latin1');
  const split = { startOffset: 0, endOffset: bytes.length };
  const circumstances = { random: () => 0.999, chunkBytesMax: 8192, crashRate: 0, blockBytes: 1_048_576 };
  const { accounting, entries } = decodePartial(countOneSplit(bytes, { ...FORMAT, ...change }, split, circumstances));
  const rejects = Object.fromEntries(Object.entries(accounting.rejects).map(([reason, { count: lines }]) => [reason, lines]));
  const totals = entries.map(({ key, sum }) => `${Buffer.from(key).toString('latin1').replaceAll('\0', '|')}=${sum}`);
  return { ...accounting, rejects, totals, samples: accounting.rejects };
}

function failure(text: string, change: Partial<CsvFormat> = {}): string {
  try {
    count(text, change);
    return '';
  } catch (error) {
    return error instanceof TallylineFailure ? `${error.code}: ${error.fact}` : String(error);
  }
}

describe('the header', () => {
  test('is no line, and its bytes are those with its LF', () => {
    const counted = count('consumer,amount\na,1\n');
    expect(counted).toMatchObject({ headerBytes: 16, firstOffset: 16, lines: 1, records: 1, totals: ['a=1'] });
  });

  test('follows a BOM, may have a CR, quotes and columns in any order', () => {
    const counted = count('\xef\xbb\xbf"x","amount",consumer\r\n1,2,a\r\n');
    expect(counted).toMatchObject({ bomBytes: 3, headerBytes: 23, firstOffset: 26, totals: ['a=2'] });
  });

  test('alone makes a file without lines; without LF it may be cut', () => {
    expect(count('consumer,amount\n')).toMatchObject({ lines: 0, headerBytes: 16, unterminatedLastLine: false });
    expect(count('consumer,amount')).toMatchObject({ lines: 0, headerBytes: 15, unterminatedLastLine: true });
  });

  test.each([
    ['consumer,amout\n', {}, 'the header has no column "amount"; its 2 columns: "consumer", "amout"'],
    ['Consumer,amount\n', {}, 'the header has no column "consumer"; its 2 columns: "Consumer", "amount"'],
    [' consumer,amount\n', {}, 'the header has no column "consumer"; its 2 columns: " consumer", "amount"'],
    ['consumer,amount,consumer\n', {}, 'the header has 2 columns "consumer"; its 3 columns: "consumer", "amount", "consumer"'],
    ['\nconsumer,amount\n', {}, 'the file has no header: its first line is empty'],
    ['\xef\xbb\xbf', {}, 'the file has no header: its first line is empty'],
    ['consumer,"amount\n', {}, 'the header is no record: it ends within quotes: consumer,"amount'],
    ['con"sumer,amount\n', {}, 'the header is no record: it has a quote where none may be: con"sumer,amount'],
    ['consumer,amount\n', { maxLineBytes: 14 }, 'the first line, which is the header, has more than 14 bytes'],
    ['\x1b[31m\n', {}, 'the header has no column "consumer"; its 1 columns: "\\x1b[31m"'],
  ])('%j is refused', (text, change, fact) => {
    expect(failure(text, change)).toBe(`header_unknown: ${fact}`);
  });

  test('names columns up to a bound', () => {
    const fact = failure(`${Array.from({ length: 30 }, (_, index) => `${'n'.repeat(60)}${index}`).join(',')}\n`);
    expect(fact).toMatch(/its 30 columns: ("n{40}…", ){20}…$/);
  });
});

describe('fields', () => {
  test('quotes around a field are no part of it, and doubled ones inside are one', () => {
    expect(count('consumer,amount\n"a,b",1\n"q""q",2\n"",3\n"a",4\na,"5"\n')).toMatchObject({
      totals: ['a=9', 'a,b=1', 'q"q=2'],
      rejects: { key_empty: 1 },
    });
  });

  test('each record has as many fields as the header', () => {
    expect(count('consumer,amount\na\na,1,\na,1\n,\n').rejects).toEqual({ too_few_fields: 1, too_many_fields: 1, key_empty: 1 });
  });

  test('a quote where none may be is quote_syntax, whatever else is wrong', () => {
    const lines = ['a"b,1', '"a"b,1', '"a" ,1', ' "a",1', 'a,1"', '"a"b', 'a"b,1,2', '"a"b"c,d",1'];
    expect(count(`consumer,amount\n${lines.join('\n')}\n`).rejects).toEqual({ quote_syntax: lines.length });
  });

  test('a CR before the LF is dropped, also behind a closing quote', () => {
    expect(count('consumer,amount\r\na,"1"\r\n\r\nb,2\r')).toMatchObject({ totals: ['a=1', 'b=2'], blanks: 1, unterminatedLastLine: true });
    expect(count('consumer,amount\na,"1"\r\r\n').rejects).toEqual({ quote_syntax: 1 });
  });

  test('several key columns are joined in the order that is asked for', () => {
    const change = { keyColumns: ['y', 'x'], delimiter: { kind: 'byte', byte: 0x3b } } as const;
    expect(count('x;amount;y\n1;5;"a;""b"\n;1;a\n', change)).toMatchObject({ totals: ['a;"b|1=5'], rejects: { key_empty: 1 } });
  });

  test('a key is as long as its content', () => {
    const [full, long] = ['""'.repeat(1024), '""'.repeat(1025)];
    expect(count(`consumer,amount\n"${full}",1\n"${long}",1\n`)).toMatchObject({ records: 1, rejects: { key_too_long: 1 } });
  });

  test('values follow the rules of all formats', () => {
    const change = { scale: 2, allowNegative: true };
    expect(count('consumer,amount\na,1.5\na,"-2"\na,"1""2"\na, 1\na,\n', change)).toMatchObject({
      totals: ['a=-50'],
      rejects: { value_syntax: 3 },
    });
  });
});

describe('records that span lines', () => {
  test('end the count of lines at the first of them', () => {
    expect(failure('consumer,amount\na,1\n"b\nc",2\n')).toBe('record_spans_lines: the line at byte 20 ends within quotes');
  });

  test('do so too where the line is too long, malformed or has too many fields', () => {
    for (const line of ['aaaaaaaaaaaaaaaaaaaaaaaa,"', 'a"b,"', 'a,b,c,d,"', '"a"b,"c'])
      expect(failure(`consumer,amount\n${line}\n",2\n`, { maxLineBytes: 15 })).toContain('record_spans_lines');
  });

  test('are one record each in a count that knows of them', () => {
    const counted = count('consumer,amount,note\na,1,"x\ny"\nb,2,\n"c",3,"\r\n\n"\n', SPANS);
    expect(counted).toMatchObject({ lines: 3, records: 3, totals: ['a=1', 'b=2', 'c=3'] });
  });

  test('a line end in a key is no key', () => {
    expect(count('consumer,amount\n"a\nb",1\n', SPANS).rejects).toEqual({ key_encoding: 2 });
  });

  test('count as many rejected lines as they have, with one sample', () => {
    const counted = count('consumer,amount\na,"x\n\ny"\nb,2\n', SPANS);
    expect(counted).toMatchObject({ lines: 4, records: 1, rejects: { value_syntax: 3 } });
    expect(counted.samples.value_syntax?.samples).toHaveLength(1);
  });

  test('are measured over all their lines', () => {
    const text = 'consumer,amount\na,"1234\n5678"\nb,2\n';
    expect(count(text, { ...SPANS, maxLineBytes: 15 }).rejects).toEqual({ value_syntax: 2 });
    expect(count(`consumer,amount\na,"${'x\n'.repeat(9)}"\nb,2\n`, { ...SPANS, maxLineBytes: 15 })).toMatchObject({
      rejects: { line_too_long: 10 },
      totals: ['b=2'],
    });
  });

  test('a quote that is never closed takes all lines behind it with it, each rejected, and the last is unterminated', () => {
    const counted = count('consumer,amount\na,1\n"b,2\nc,3\nd,4\n', SPANS);
    expect(counted).toMatchObject({ records: 1, rejects: { quote_syntax: 3 }, unterminatedLastLine: true, nextOffset: 33 });
  });

  test('a quote that is not closed on the last line needs no second count', () => {
    expect(count('consumer,amount\na,1\n"b,2')).toMatchObject({ rejects: { quote_syntax: 1 }, unterminatedLastLine: true });
    expect(count('consumer,amount\na,1\n"b,2', SPANS)).toMatchObject({ rejects: { quote_syntax: 1 }, unterminatedLastLine: true });
  });
});
