/** What `tallyline count` prints. stdout is data, stderr is talk. */
import { csvRow, joinKey, keyFields } from '../core/csv';
import type { Format } from '../core/format';
import { exceedsBudget } from '../core/judge-receipt';
import { COUNT_REJECT_RATIO_MAX } from '../core/limits';
import type { TotalsEntry } from '../core/partial';
import { groupByPeriod } from '../core/period-key';
import type { PeriodUnit } from '../core/plan';
import type { Receipt, ReceiptReject } from '../core/receipt';
import { formatScaled } from '../core/value';
import type { CountedFile } from './count-file';

const COLUMNS = ['key', 'sum', 'count'];

/** Of totals whose keys begin with a period of this unit; undefined: with none. */
type Unit = PeriodUnit | undefined;

/** The header of CSV, with its LF. */
export function csvHeader(unit?: Unit): string {
  return csvRow(columnsOf(unit));
}

/** Rows of CSV without their header, each with its LF. Throws config_invalid where a key cannot be one cell. */
export function* csvRows(totals: Iterable<TotalsEntry>, format: Format, unit?: Unit): Generator<string> {
  for (const { period, key, sum, count } of rowsOf(totals, unit))
    yield csvRow([...period, joinKey(key, format), String(sum), String(count)]);
}

/** Columns and cells of a table: the only form with a decimal point. */
export function tableRows(totals: Iterable<TotalsEntry>, format: Format, unit?: Unit): { columns: string[]; rows: string[][] } {
  const cells = ({ period, key, sum, count }: Row) => [...period, joinKey(key, format), formatScaled(sum, format.scale), String(count)];
  return { columns: columnsOf(unit), rows: Array.from(rowsOf(totals, unit), cells) };
}

export function jsonReport(
  { files, totals }: { readonly files: readonly CountedFile[]; readonly totals: Iterable<TotalsEntry> },
  format: Format,
  unit?: Unit,
): object {
  return {
    receipts: files.map(({ file, receipt, quarantined }) => ({
      file,
      ...jsonReceipt(receipt),
      ...(quarantined !== null && { quarantined }),
    })),
    scale: format.scale,
    totals: Array.from(rowsOf(totals, unit), ({ period: [period], key, sum, count }) => {
      return { ...(period !== undefined && { period }), key: keyFields(key), sum: String(sum), count: String(count) };
    }),
  };
}

interface Row extends TotalsEntry {
  /** Its cell, or none. */
  readonly period: readonly [] | readonly [string];
}

function columnsOf(unit: Unit): string[] {
  return unit === undefined ? COLUMNS : ['period', ...COLUMNS];
}

function* rowsOf(totals: Iterable<TotalsEntry>, unit: Unit): Generator<Row> {
  if (unit === undefined) for (const entry of totals) yield { period: [], ...entry };
  else for (const { period, entries } of groupByPeriod(totals, unit)) for (const entry of entries) yield { period: [period], ...entry };
}

/** Sentences about everything in the files that is not simply counted. */
export function remarks({ file, receipt, quarantined }: CountedFile): string[] {
  const { rejected, records, rejects, unterminatedLastLine, compression } = receipt;
  const reasons = Object.entries(rejects).map(([reason, { count, samples }]) => `${count} ${reason}${showSample(samples[0], compression)}`);
  return [
    ...(quarantined === null ? [] : [`${file}: ${quarantined}: the sum of a key leaves 64 bits; nothing of this file is in the totals`]),
    ...(rejected === 0 ? [] : [`${file}: ${rejected} of ${rejected + records} lines rejected: ${reasons.join(', ')}`]),
    ...(unterminatedLastLine ? [`${file}: the last line has no line feed and may be cut; it is taken as it stands`] : []),
  ];
}

/** A file that is kept out of the totals, or of which more than a hundredth was rejected. */
export function isCheckFailed({ receipt, quarantined }: CountedFile): boolean {
  return quarantined !== null || exceedsBudget(receipt.rejected, receipt.records, { maxRatio: COUNT_REJECT_RATIO_MAX });
}

function jsonReceipt(receipt: Receipt): object {
  const { bytes, compression, plainBytes, plainDigest, lines, records, blanks, rejected, rejects, ...proof } = receipt;
  const counts = Object.fromEntries(Object.entries(rejects).map(([reason, { count }]) => [reason, count]));
  const sizes = { bytes, ...(compression && { compression, plainBytes, plainDigest }) };
  return { ...sizes, lines, records, blanks, rejected, rejects: counts, ...proof };
}

function showSample(sample: ReceiptReject['samples'][number] | undefined, compression: Receipt['compression']): string {
  if (sample === undefined) return '';
  return ` (the first at ${compression ? 'plain ' : ''}byte ${sample.offset}: ${sample.text})`;
}
