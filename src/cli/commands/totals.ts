import type { Command } from 'commander';
import type { PipelineConfig } from '../../config/config';
import { toFormat } from '../../config/convert';
import { csvRow, joinKey, keyFields } from '../../core/csv';
import { assertInvariant } from '../../core/failures';
import { TOTALS_ROWS_MAX } from '../../core/limits';
import { formatScaled } from '../../core/value';
import type { Sink, TotalsRow } from '../../sinks/sink';
import { withCommonOptions, type CommonOptions } from '../context';
import { outputOption, printRows, type OutputFormat } from '../print';
import { withSink } from '../with-sink';

export function registerTotals(program: Command): void {
  withCommonOptions(program.command('totals'))
    .summary('the totals, and the ledger sequence they were read at')
    .description(
      'Prints sum and count per key (and period), sorted by key bytes. `sum` is the scaled integer in CSV and JSON; tables print the point.\n' +
        'The ledger sequence that the answer was read at is on stderr, and is `ledgerSequence` in JSON.\n\n' +
        '  tallyline totals --output csv > totals.csv',
    )
    .addOption(outputOption())
    .action(async (options: CommonOptions & { output: OutputFormat }) => {
      await withSink(options, (sink, pipeline) => printTotals(sink, pipeline, options.output));
    });
}

async function printTotals(sink: Sink, pipeline: PipelineConfig, output: OutputFormat): Promise<void> {
  const hasPeriods = pipeline.period.from !== 'none';
  const format = toFormat(pipeline);
  const { scale } = pipeline.format;
  const columns = [...(hasPeriods ? ['period'] : []), 'key', 'sum', 'count'];
  // One page: all rows of an answer are of one ledger sequence.
  const { rows, ledgerSequence, ledgerId } = await sink.readTotals({ pipeline: pipeline.name, limit: TOTALS_ROWS_MAX });
  assertInvariant(
    rows.length < TOTALS_ROWS_MAX,
    `pipeline ${pipeline.name} has ${TOTALS_ROWS_MAX} totals or more, which no one answer holds`,
  );
  const cells = (row: TotalsRow, sum: string) => [...(hasPeriods ? [row.period] : []), joinKey(row.key, format), sum, String(row.count)];
  if (output === 'csv') {
    process.stdout.write(csvRow(columns));
    for (const row of rows) process.stdout.write(csvRow(cells(row, String(row.sum))));
  } else {
    const json =
      output === 'json'
        ? rows.map((row) => ({
            ...(hasPeriods ? { period: row.period } : {}),
            key: keyFields(row.key),
            sum: String(row.sum),
            count: String(row.count),
          }))
        : [];
    const table = output === 'table' ? rows.map((row) => cells(row, formatScaled(row.sum, scale))) : [];
    printRows(output, columns, table, {
      pipeline: pipeline.name,
      scale,
      unit: pipeline.format.unit,
      ledgerId,
      ledgerSequence,
      totals: json,
    });
  }
  process.stderr.write(`ledger sequence ${ledgerSequence} of ledger ${ledgerId}\n`);
}
