import type { Command } from 'commander';
import type { PipelineConfig } from '../../config/config';
import { toFormat } from '../../config/convert';
import { csvRow, guardSpreadsheetCell, joinKey, keyFields } from '../../core/csv';
import { assertInvariant } from '../../core/failures';
import { TOTALS_ROWS_MAX } from '../../core/limits';
import { unitOf } from '../../core/period';
import { formatScaled } from '../../core/value';
import type { Sink, TotalsRow } from '../../sinks/sink';
import type { TotalsPage } from '../../sinks/sink-totals';
import { withCommonOptions, type CommonOptions } from '../context';
import { wholeNumber } from '../number-options';
import { outputOption, printRows, type OutputFormat } from '../print';
import { withSink } from '../with-sink';

interface TotalsOptions extends CommonOptions {
  readonly output: OutputFormat;
  readonly period?: string;
  readonly asOf?: number;
  readonly adjustments?: true;
  readonly forSpreadsheet?: true;
}

export function registerTotals(program: Command): void {
  withCommonOptions(program.command('totals'))
    .summary('the totals, and the ledger sequence they were read at')
    .description(
      'Prints sum and count per key (and period), sorted by key bytes. `sum` is the scaled integer in CSV and JSON; tables print the point.\n' +
        'The ledger sequence that the answer was read at is on stderr, and is `ledgerSequence` in JSON; `--as-of` gives the same answer again.\n' +
        'What came for a closed period is in the next one: `--adjustments` lists it apart, under the period that it adjusts.\n\n' +
        '  tallyline totals --output csv > totals.csv\n' +
        '  tallyline totals --period 2026-11 --as-of 4711 --adjustments --output csv',
    )
    .option('--period <period>', 'only this period: 2026-11, 2026-11-23 or 2026-11-23T14')
    .option('--as-of <sequence>', 'as they were right after this ledger sequence', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--adjustments', 'a column `adjusts`: rows that correct a closed period are not added to those of the period itself')
    .option('--for-spreadsheet', 'guards cells that a spreadsheet would take for a formula with an apostrophe; the CSV is exact no longer')
    .addOption(outputOption())
    .action(async (options: TotalsOptions) => {
      if (options.period !== undefined) unitOf(options.period);
      await withSink(options, (sink, pipeline) => printTotals(sink, pipeline, options));
    });
}

async function printTotals(sink: Sink, pipeline: PipelineConfig, options: TotalsOptions): Promise<void> {
  const { period, asOf } = options;
  // One page: all rows of an answer are of one ledger sequence.
  const page = await sink.readTotals({
    pipeline: pipeline.name,
    limit: TOTALS_ROWS_MAX,
    ...(period !== undefined && { period }),
    ...(asOf !== undefined && { asOf }),
  });
  assertInvariant(page.next === null, `pipeline ${pipeline.name} has ${TOTALS_ROWS_MAX} totals or more, which no one answer holds`);
  const rows = options.adjustments ? page.rows : [...withAdjustments(page.rows)];
  if (options.output === 'json') printJson(pipeline, page, rows, options);
  else printTable(pipeline, rows, options);
  process.stderr.write(`ledger sequence ${page.ledgerSequence} of ledger ${page.ledgerId}\n`);
}

/** Rows of one period and key follow each other: its own total, then its adjustments. */
function* withAdjustments(rows: readonly TotalsRow[]): Generator<TotalsRow, void> {
  let current: TotalsRow | undefined;
  for (const row of rows) {
    const isSame = current?.period === row.period && Buffer.compare(current.key, row.key) === 0;
    if (current !== undefined && isSame) current = { ...current, sum: current.sum + row.sum, count: current.count + row.count };
    else {
      if (current !== undefined) yield current;
      current = { ...row, adjusts: '' };
    }
  }
  if (current !== undefined) yield current;
}

function printTable(pipeline: PipelineConfig, rows: readonly TotalsRow[], options: TotalsOptions): void {
  const hasPeriods = pipeline.period.from !== 'none';
  const format = toFormat(pipeline);
  const guard = options.forSpreadsheet ? guardSpreadsheetCell : (text: string) => text;
  const columns = [...(hasPeriods ? ['period'] : []), ...(options.adjustments ? ['adjusts'] : []), 'key', 'sum', 'count'];
  const cells = (row: TotalsRow, sum: string) => [
    ...(hasPeriods ? [row.period] : []),
    ...(options.adjustments ? [row.adjusts] : []),
    guard(joinKey(row.key, format)),
    sum,
    String(row.count),
  ];
  if (options.output === 'csv') {
    process.stdout.write(csvRow(columns));
    for (const row of rows) process.stdout.write(csvRow(cells(row, String(row.sum))));
    return;
  }
  const { scale } = pipeline.format;
  const table = rows.map((row) => cells(row, formatScaled(row.sum, scale)));
  printRows('table', columns, table, null);
}

function printJson(pipeline: PipelineConfig, page: TotalsPage, rows: readonly TotalsRow[], options: TotalsOptions): void {
  const hasPeriods = pipeline.period.from !== 'none';
  const { ledgerId, ledgerSequence, closedThrough } = page;
  const { scale, unit } = pipeline.format;
  const totals = rows.map(({ period, adjusts, key, sum, count }) => ({
    ...(hasPeriods && { period }),
    ...(options.adjustments && { adjusts }),
    key: keyFields(key),
    sum: String(sum),
    count: String(count),
  }));
  const periods = hasPeriods ? { closedThrough } : {};
  printRows('json', [], [], { pipeline: pipeline.name, scale, unit, ledgerId, ledgerSequence, ...periods, totals });
}
