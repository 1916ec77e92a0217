/** What a correction would change, total by total: as it is, as it would be, and the difference. */
import type { PipelineConfig } from '../config/config';
import { toFormat } from '../config/convert';
import { joinKey, keyFields } from '../core/csv';
import { formatScaled } from '../core/value';
import type { DifferenceResult } from '../sinks/sink-plans';
import { printRows, type OutputFormat } from './print';

/** `about` stands beside the difference in JSON. */
export function printDifference(
  { rows, ledgerSequence, ledgerId }: DifferenceResult,
  pipeline: PipelineConfig,
  output: OutputFormat,
  about: Readonly<Record<string, unknown>> = {},
): void {
  const hasPeriods = pipeline.period.from !== 'none';
  const format = toFormat(pipeline);
  const show = (sum: bigint) => (output === 'table' ? formatScaled(sum, pipeline.format.scale) : String(sum));
  const periodColumns = hasPeriods ? ['period', 'adjusts'] : [];
  const columns = [...periodColumns, 'key', 'sum', 'sum after', 'difference', 'count', 'count after'];
  const cells = rows.map(({ period, adjusts, key, before, after }) => [
    ...(hasPeriods ? [period, adjusts] : []),
    joinKey(key, format),
    ...[before.sum, after.sum, after.sum - before.sum].map(show),
    String(before.count),
    String(after.count),
  ]);
  const json = rows.map(({ period, adjusts, key, before, after }) => ({
    ...(hasPeriods && { period, adjusts }),
    key: keyFields(key),
    before: { sum: String(before.sum), count: String(before.count) },
    after: { sum: String(after.sum), count: String(after.count) },
  }));
  const { scale, unit } = pipeline.format;
  printRows(output, columns, cells, { pipeline: pipeline.name, scale, unit, ...about, ledgerId, ledgerSequence, difference: json });
  if (rows.length === 0) process.stderr.write('no total changes\n');
}
