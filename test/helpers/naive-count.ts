/**
 * The oracle: section 5 of the design in the most obvious code, over the whole file at once. It shares no code with the counter.
 * Bytes are handled as strings of one character a byte (latin1).
 */
import { createHash } from 'node:crypto';

import type { DelimitedFormat } from '../../src/core/format';
import type { Receipt } from '../../src/core/receipt';
import type { RecordPeriod } from '../../src/core/record-period';
import { naivePeriod } from './naive-timestamp';

export interface NaiveTotals {
  /** By key in its canonical form, as latin1; in byte order. */
  readonly totals: readonly { readonly key: string; readonly sum: bigint; readonly count: bigint }[];
  /** Of the receipt, what does not depend on how the file was cut. */
  readonly receipt: Omit<Receipt, 'splits' | 'planDigest' | 'grammarVersion'>;
}

export type Judged = { kind: 'blank' } | { kind: 'reject'; reason: string } | { kind: 'record'; key: string; value: bigint };

export function naiveCount(file: Uint8Array, format: DelimitedFormat, blockBytes: number, recordPeriod?: RecordPeriod): NaiveTotals {
  const text = Buffer.from(file).toString('latin1');
  const bomBytes = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  const parts = text.slice(bomBytes).split('\n');
  const unterminated = parts.pop() ?? '';
  const lines = unterminated === '' ? parts : [...parts, unterminated];
  const totals = new Map<string, { sum: bigint; count: bigint }>();
  const rejects: Record<string, { count: number; samples: { offset: number; text: string }[] }> = {};
  const receipt = { bytes: file.length, lines: lines.length, records: 0, blanks: 0, rejected: 0, rejects };
  let offset = bomBytes;
  for (const line of lines) {
    const content = line.endsWith('\r') ? line.slice(0, -1) : line;
    const judged = judge(content, format, recordPeriod);
    if (judged.kind === 'blank') receipt.blanks += 1;
    if (judged.kind === 'reject') {
      receipt.rejected += 1;
      const reject = (rejects[judged.reason] ??= { count: 0, samples: [] });
      reject.count += 1;
      if (reject.samples.length < 10) reject.samples.push({ offset, text: naiveEscape(content.slice(0, 256)) });
    }
    if (judged.kind === 'record') {
      receipt.records += 1;
      const { sum, count } = totals.get(judged.key) ?? { sum: 0n, count: 0n };
      totals.set(judged.key, { sum: sum + judged.value, count: count + 1n });
    }
    offset += line.length + 1;
  }
  return {
    totals: [...totals].sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, total]) => ({ key, ...total })),
    receipt: { ...receipt, bomBytes, unterminatedLastLine: unterminated !== '', contentDigest: naiveDigest(file, blockBytes) },
  };
}

function judge(content: string, format: DelimitedFormat, recordPeriod?: RecordPeriod): Judged {
  const reject = (reason: string): Judged => ({ kind: 'reject', reason });
  if (content.length > format.maxLineBytes) return reject('line_too_long');
  const isWhitespace = format.delimiter.kind === 'whitespace';
  const trimmed = isWhitespace ? content.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '') : content;
  if (trimmed === '') return { kind: 'blank' };
  const fields =
    format.delimiter.kind === 'whitespace' ? trimmed.split(/[ \t]+/) : trimmed.split(String.fromCharCode(format.delimiter.byte));
  if (fields.length < format.fieldCount) return reject('too_few_fields');
  if (fields.length > format.fieldCount) return reject('too_many_fields');
  const judged = judgeContent(
    format.keyFields.map((field) => fields[field - 1]!),
    fields[format.valueField - 1]!,
    format,
  );
  if (judged.kind !== 'record' || recordPeriod === undefined) return judged;
  const { period, reason } = naivePeriod(fields[Number(recordPeriod.field) - 1]!, recordPeriod);
  return period === undefined ? reject(reason) : { ...judged, key: `${period}\0${judged.key}` };
}

/** What key and value say, once the line is taken apart. */
export function judgeContent(keys: readonly string[], text: string, format: Pick<DelimitedFormat, 'scale' | 'allowNegative'>): Judged {
  const reject = (reason: string): Judged => ({ kind: 'reject', reason });
  for (const key of keys) {
    if (key === '') return reject('key_empty');
    if (key.length > 1024) return reject('key_too_long');
    if (/[\x00-\x1f\x7f]/.test(key) || !isUtf8(key)) return reject('key_encoding');
  }
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (parts === null) return reject('value_syntax');
  const [, sign = '', integer = '', fraction] = parts;
  if (sign === '-' && !format.allowNegative) return reject('value_syntax');
  if (fraction !== undefined && fraction.length > format.scale) return reject('value_syntax');
  const value = BigInt(integer + (fraction ?? '').padEnd(format.scale, '0')) * (sign === '-' ? -1n : 1n);
  if (value > 2n ** 63n - 1n || value < -(2n ** 63n)) return reject('value_range');
  return { kind: 'record', key: keys.join('\0'), value };
}

function isUtf8(latin1: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

/** Tries at every place the shortest bytes that are one character. */
export function naiveEscape(latin1: string): string {
  let escaped = '';
  let index = 0;
  while (index < latin1.length) {
    const length = [1, 2, 3, 4].find((candidate) => index + candidate <= latin1.length && isUtf8(latin1.slice(index, index + candidate)));
    const bytes = latin1.slice(index, index + (length ?? 1));
    const character = length === undefined ? '' : Buffer.from(bytes, 'latin1').toString('utf8');
    if (character === '\\') escaped += '\\\\';
    else if (length === undefined || /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(character)) {
      escaped += Buffer.from(bytes, 'latin1').toString('hex').replace(/../g, '\\x$&');
    } else escaped += character;
    index += bytes.length;
  }
  return escaped;
}

export function naiveDigest(file: Uint8Array, blockBytes: number): string {
  const whole = createHash('sha256');
  for (let start = 0; start < file.length; start += blockBytes) {
    whole.update(
      createHash('sha256')
        .update(file.subarray(start, start + blockBytes))
        .digest(),
    );
  }
  return whole.digest('hex');
}
