/** What a correction would change, total by total: as it is, as it would be, and the difference. */
import type { PipelineConfig } from '../config/config';
import { toFormat } from '../config/convert';
import { joinKey, keyFields } from '../core/csv';
import { TallylineFailure } from '../core/failures';
import { formatScaled } from '../core/value';
import type { DifferenceResult } from '../sinks/sink-plans';
import { printRows, type OutputFormat } from './print';

/** Says so when there is too much to be shown: what a file of any size came to can be corrected. */
export async function showDifference(difference: Promise<DifferenceResult>, ...[pipeline, output, about]: PrintingOptions): Promise<void> {
  try {
    printDifference(await difference, pipeline, output, about);
  } catch (error) {
    if (!(error instanceof TallylineFailure) || error.code !== 'plan_too_large') throw error;
    process.stderr.write(`the difference is not shown: ${error.fact}\n`);
    if (output === 'json') printRows('json', [], [], { pipeline: pipeline.name, ...about, difference: null });
  }
}

type PrintingOptions = readonly [pipeline: PipelineConfig, output: OutputFormat, about?: Readonly<Record<string, unknown>>];

/** `about` stands beside the difference in JSON. */
function printDifference(
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
