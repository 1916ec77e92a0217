import type { Command } from 'commander';
import type { PipelineConfig } from '../../config/config';
import { KEY_SEPARATOR } from '../../core/key';
import { unitOf } from '../../core/period';
import { formatScaled } from '../../core/value';
import type { Explanation, ExplainResult } from '../../sinks/sink-totals';
import { withCommonOptions, type CommonOptions } from '../context';
import { outputOption, printRows, type OutputFormat } from '../print';
import { withSink } from '../with-sink';

interface ExplainOptions extends CommonOptions {
  readonly period?: string;
  readonly output: OutputFormat;
}

export function registerExplain(program: Command): void {
  withCommonOptions(program.command('explain <key...>'))
    .summary('the files and ledger entries that made a number')
    .description(
      'Lists every file that put something into the totals of KEY or took it out of them, with the ledger entry, who and why; the sums add up\n' +
        'to the total. A key of several fields is given field by field. Contributions that are kept no more come as one sum.\n' +
        'Reads every contribution that is kept: minutes for millions of files.\n\n' +
        '  tallyline explain 123 --period 2026-11',
    )
    .option('--period <period>', 'only what was posted to this period')
    .addOption(outputOption())
    .action(async (fields: string[], options: ExplainOptions) => {
      if (options.period !== undefined) unitOf(options.period);
      await withSink(options, async (sink, pipeline) => {
        const key = Buffer.from(fields.join(String.fromCharCode(KEY_SEPARATOR)));
        const { period } = options;
        const result = await sink.explain({ pipeline: pipeline.name, key, ...(period !== undefined && { period }) });
        printExplanation(result, pipeline, options.output, fields);
      });
    });
}

function printExplanation(result: ExplainResult, pipeline: PipelineConfig, output: OutputFormat, key: readonly string[]): void {
  const hasPeriods = pipeline.period.from !== 'none';
  const { scale } = pipeline.format;
  const { steps, carriedForward, totals, ledgerSequence, ledgerId, isCut } = result;
  const show = (sum: bigint) => (output === 'table' ? formatScaled(sum, scale) : String(sum));
  const columns = ['number', 'kind', ...(hasPeriods ? ['period', 'adjusts'] : []), 'file', 'version', 'sum', 'count', 'at', 'by', 'reason'];
  const rows = steps.map((step) => [
    String(step.number),
    step.kind,
    ...(hasPeriods ? [step.period, step.adjusts] : []),
    step.sourceKey,
    String(step.version),
    show(step.sum),
    String(step.count),
    new Date(step.atMs).toISOString(),
    step.by,
    step.reason,
  ]);
  const texts = ({ period, adjusts, sum, count }: Omit<ExplainResult['totals'][number], 'key'>) => ({
    ...(hasPeriods && { period, adjusts }),
    sum: String(sum),
    count: String(count),
  });
  printRows(output, columns, rows, {
    pipeline: pipeline.name,
    key,
    scale,
    ledgerId,
    ledgerSequence,
    isCut,
    steps: steps.map((step: Explanation) => ({ ...step, ...texts(step) })),
    carriedForward: carriedForward.map(texts),
    totals: totals.map(texts),
  });
  for (const { period, sum, count } of carriedForward) process.stderr.write(`${period} carried forward: ${show(sum)} (${count} records)\n`);
  for (const { period, adjusts, sum, count } of totals)
    process.stderr.write(`${period}${adjusts && ` adjusting ${adjusts}`} total: ${show(sum)} (${count} records)\n`);
  if (isCut) process.stderr.write('the list is cut: ask for one period\n');
  process.stderr.write(`ledger sequence ${ledgerSequence} of ledger ${ledgerId}\n`);
}
