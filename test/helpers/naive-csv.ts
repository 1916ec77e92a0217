/**
 * The oracle for CSV: the grammar of docs/reference in regular expressions over the whole file at once, one character a byte (latin1).
 * It shares no code with the counter.
 */
import type { CsvFormat } from '../../src/core/format';
import { judgeContent, naiveDigest, naiveEscape, type Judged, type NaiveTotals } from './naive-count';

export interface NaiveRecord {
  readonly start: number;
  /** Behind its LF. */
  readonly end: number;
  /** Without its LF and the CR before it. */
  readonly text: string;
  readonly fields: readonly string[];
  readonly isMalformed: boolean;
  readonly isOpen: boolean;
}

export interface NaiveCsv extends NaiveTotals {
  /** A line ends within quotes. */
  readonly spansLines: boolean;
}

/** The records from `start` on, the header among them. */
export function naiveRecords(file: string, start: number, delimiter: string): NaiveRecord[] {
  const other = `[^${delimiter === '\t' ? '\\t' : delimiter}\\n]*`;
  const field = new RegExp(`"((?:[^"]|"")*)(?:"(${other})|$)|(${other})`, 'y');
  const records: NaiveRecord[] = [];
  let offset = start;
  while (offset < file.length) {
    const first = offset;
    const fields: string[] = [];
    let [isMalformed, isOpen] = [false, false];
    for (;;) {
      field.lastIndex = offset;
      const [whole, quoted, behind = '', plain] = field.exec(file)!;
      offset += whole.length;
      const isLast = offset >= file.length || file[offset] === '\n';
      // The CR before the end of the record belongs to neither.
      const cut = (text: string): string => (isLast && text.endsWith('\r') ? text.slice(0, -1) : text);
      isOpen = quoted !== undefined && whole.length === quoted.length + 1;
      if (quoted === undefined) fields.push(cut(plain!));
      else fields.push(quoted.replaceAll('""', '"'));
      if (quoted === undefined ? plain!.includes('"') : cut(behind) !== '') isMalformed = true;
      if (isLast) break;
      offset += 1;
    }
    const line = file.slice(first, offset);
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    offset += 1;
    records.push({ start: first, end: Math.min(offset, file.length), text, fields, isMalformed, isOpen });
  }
  return records;
}

export function naiveCsv(bytes: Uint8Array, format: CsvFormat, blockBytes: number): NaiveCsv {
  const file = Buffer.from(bytes).toString('latin1');
  const bomBytes = file.startsWith('\xef\xbb\xbf') ? 3 : 0;
  const [header, ...records] = naiveRecords(file, bomBytes, String.fromCharCode(format.delimiter.byte));
  const totals = new Map<string, { sum: bigint; count: bigint }>();
  const rejects: Record<string, { count: number; samples: { offset: number; text: string }[] }> = {};
  const receipt = { bytes: bytes.length, lines: 0, records: 0, blanks: 0, rejected: 0, rejects };
  for (const record of records) {
    const judged = judge(record, header!.fields, format);
    const lines = judged.kind === 'reject' ? linesOf(record, file) : 1;
    receipt.lines += lines;
    if (judged.kind === 'blank') receipt.blanks += 1;
    if (judged.kind === 'reject') {
      receipt.rejected += lines;
      const reject = (rejects[judged.reason] ??= { count: 0, samples: [] });
      reject.count += lines;
      if (reject.samples.length < 10) reject.samples.push({ offset: record.start, text: naiveEscape(record.text.slice(0, 256)) });
    }
    if (judged.kind === 'record') {
      receipt.records += 1;
      const { sum, count } = totals.get(judged.key) ?? { sum: 0n, count: 0n };
      totals.set(judged.key, { sum: sum + judged.value, count: count + 1n });
    }
  }
  const isOpen = records.at(-1)?.isOpen ?? false;
  return {
    totals: [...totals].sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, total]) => ({ key, ...total })),
    receipt: {
      ...receipt,
      bomBytes,
      headerBytes: header!.end - header!.start,
      unterminatedLastLine: isOpen || !file.endsWith('\n'),
      contentDigest: naiveDigest(bytes, blockBytes),
    },
    spansLines: records.some(({ text, isOpen: isOpenRecord, start, end }) =>
      isOpenRecord ? file.slice(start, end).includes('\n') : text.includes('\n'),
    ),
  };
}

/** Lines of text, the last one also without its LF. */
function linesOf({ start, end }: NaiveRecord, file: string): number {
  return file.slice(start, end).match(/[^\n]*\n|[^\n]+$/g)!.length;
}

function judge(record: NaiveRecord, header: readonly string[], format: CsvFormat): Judged {
  const { text, fields, isMalformed, isOpen } = record;
  if (text.length > format.maxLineBytes) return { kind: 'reject', reason: 'line_too_long' };
  if (text === '') return { kind: 'blank' };
  if (isMalformed || isOpen) return { kind: 'reject', reason: 'quote_syntax' };
  if (fields.length < header.length) return { kind: 'reject', reason: 'too_few_fields' };
  if (fields.length > header.length) return { kind: 'reject', reason: 'too_many_fields' };
  const content = (column: string): string => fields[header.indexOf(column)]!;
  return judgeContent(format.keyColumns.map(content), content(format.valueColumn), format);
}
