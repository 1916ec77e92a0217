/** The examples of docs/reference/record-grammar.md are judged as the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { TallylineFailure } from '../../src/core/failures';
import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT, type Format } from '../../src/core/format';
import { decodePartial } from '../../src/core/partial-codec';
import { REJECT_REASONS } from '../../src/core/reject';
import { escapeBytes } from '../../src/core/source-key';
import { countOneSplit } from '../helpers/count-in-splits';

const page = readFileSync(join(__dirname, '../../docs/reference/record-grammar.md'), 'utf8');
const VALUES = { scale: 2, allowNegative: true, maxLineBytes: 2000 };
const HEADER = 'consumer,amount,note';
const csv: Format = { ...DEFAULT_CSV_FORMAT, ...VALUES, keyColumns: ['consumer'], valueColumn: 'amount', spansLines: true };

/** The first two cells of each row of the table below this heading. */
function examplesBelow(heading: string): [string, string][] {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const rows = section.split(/\n##+ /)[0]!.matchAll(/^\| `([^`]*)` +\| `([^`]*)` +\|/gm);
  return [...rows].map(([, text = '', expected = '']) => [text === '(nothing)' ? '' : text, expected]);
}

function unescape(text: string): Buffer {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', '0': '\0' };
  const bytes = text
    .replaceAll(/\{(.)\*(\d+)\}/g, (_, letter: string, times: string) => letter.repeat(Number(times)))
    .replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replaceAll(/\\([nrt0])/g, (_, name: string) => named[name]!);
  return Buffer.from(bytes, 'latin1');
}

function judge(file: Buffer, format: Format): string {
  const split = { startOffset: 0, endOffset: file.length };
  const circumstances = { random: () => 0.999, chunkBytesMax: 8192, crashRate: 0, blockBytes: 1_048_576 };
  const { accounting, entries } = decodePartial(countOneSplit(file, format, split, circumstances));
  const [entry] = entries;
  if (entry) return `${escapeBytes(entry.key).replace(/^ /, '\\x20')} = ${entry.sum}`;
  return accounting.blanks > 0 ? 'blank' : (Object.keys(accounting.rejects)[0] ?? 'taken');
}

const delimited = examplesBelow('## delimited');
const records = examplesBelow('## csv');
const headers = examplesBelow('### Headers');

test('every reject reason has an example, and each table both what is taken and what is not', () => {
  const reasons = REJECT_REASONS.filter((reason) => !reason.startsWith('timestamp'));
  const shown = (examples: [string, string][]) => reasons.filter((reason) => examples.some(([, expected]) => expected === reason));
  expect(shown(delimited)).toEqual(reasons.filter((reason) => reason !== 'quote_syntax'));
  expect(shown(records)).toEqual(reasons);
  expect(new Set(headers.map(([, expected]) => expected))).toEqual(new Set(['taken', 'header_unknown']));
  expect([delimited, records, headers].map(({ length }) => length >= 10)).toEqual([true, true, true]);
});

test.each(delimited)('delimited: %s comes to %s', (line, expected) => {
  expect(judge(Buffer.concat([unescape(line), Buffer.from('\n')]), { ...DEFAULT_FORMAT, ...VALUES })).toBe(expected);
});

test.each(records)('csv: %s comes to %s', (line, expected) => {
  const end = expected === 'quote_syntax' ? '' : '\n';
  expect(judge(Buffer.concat([Buffer.from(`${HEADER}\n`), unescape(line), Buffer.from(end)]), csv)).toBe(expected);
});

test.each(headers)('a header of %s is %s', (line, expected) => {
  try {
    expect(judge(Buffer.concat([unescape(line), Buffer.from('\n')]), csv)).toBe(expected);
  } catch (error) {
    expect(error instanceof TallylineFailure ? error.code : error).toBe(expected);
  }
});
