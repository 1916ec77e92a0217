/** Tallyline as a user calls it. The one place that knows its options. */
import { CSV_KEY, CSV_VALUE, type Dataset } from '../data/dataset';
import type { Contender } from '../harness/contender';
import { TALLYLINE, THREADS } from './places';

export const tallyline: Contender = {
  name: 'Tallyline',
  role: 'tallyline',
  variants: (dataset) => [{ name: 'totals', command: command(dataset, 'csv') }],
};

/** JSON prints receipts, which hold the digest of the content. */
export const tallylineWithDigest: Contender = {
  name: 'Tallyline with content digest',
  role: 'tallyline',
  variants: (dataset) => [{ name: 'receipt and totals', command: command(dataset, 'json') }],
};

function command(dataset: Dataset, output: 'csv' | 'json'): string[] {
  return ['node', TALLYLINE, 'count', dataset.file, '--threads', String(THREADS), ...formatOptions(dataset), '--output', output];
}

export function formatOptions({ layout, scale }: Pick<Dataset, 'layout' | 'scale'>): string[] {
  const scaled = scale === 0 ? [] : ['--scale', String(scale)];
  return layout === 'csv' ? ['--format', 'csv', '--key', CSV_KEY, '--value', CSV_VALUE, ...scaled] : scaled;
}
