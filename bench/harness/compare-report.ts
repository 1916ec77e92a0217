import { readFileSync } from 'node:fs';
import type { Dataset } from '../data/dataset';
import { compareRows } from './compare-totals';

interface Report {
  readonly receipts: readonly { readonly bytes: number; readonly records: number; readonly contentDigest: string }[];
  readonly totals: readonly { readonly key: readonly string[]; readonly sum: string; readonly count: string }[];
}

/** Throws an Error that says where Tallyline's JSON (receipt and totals) differs from the truth. */
export function compareReport(file: string, dataset: Dataset): void {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const [receipt] = report.receipts;
  if (receipt?.records !== dataset.truth.counts.reduce((sum, count) => sum + count, 0))
    throw new Error(`the receipt has ${String(receipt?.records)} records`);
  if (receipt.bytes !== dataset.fileBytes) throw new Error(`the receipt has ${receipt.bytes} bytes; the file has ${dataset.fileBytes}`);
  if (receipt.contentDigest === '') throw new Error('the receipt has no content digest');
  const rows = compareRows(dataset, dataset.truth);
  rows.take('key,sum,count');
  for (const { key, sum, count } of report.totals) rows.take(`${key.join(' ')},${sum},${count}`);
  rows.end();
}
