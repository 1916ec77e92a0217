import { availableParallelism } from 'node:os';
import type { Command } from 'commander';

import { toCompression, toFormat, toPeriodRule } from '../../config/convert';
import { DEFAULT_COMPRESSION } from '../../core/compression';
import { TallylineFailure } from '../../core/failures';
import { COUNT_THREADS_MAX } from '../../core/limits';
import { recordPeriodOf } from '../../core/plan';
import { withCommonOptions, loadPipeline } from '../context';
import type { CommonOptions } from '../context';
import { countFiles, type Reading } from '../count-files';
import { csvRows, isCheckFailed, jsonReport, remarks, tableRows } from '../count-report';
import { EXIT_CHECK_FAILED } from '../exit-codes';
import { formatFromOptions, hasFormatOptions, withFormatOptions } from '../format-options';
import type { FormatOptions } from '../format-options';
import { wholeNumber } from '../number-options';
import { hasPeriodOptions, periodFromOptions, withPeriodOptions } from '../period-options';
import type { PeriodOptions } from '../period-options';
import { outputOption, printRows } from '../print';
import type { OutputFormat } from '../print';

type CountOptions = CommonOptions & FormatOptions & PeriodOptions & { readonly threads: number; readonly output: OutputFormat };

const CSV_ROWS_PER_WRITE = 10_000;

export function registerCount(program: Command): void {
  const command = withPeriodOptions(withFormatOptions(program.command('count <files...>')))
    .summary('the totals of files, nothing stored')
    .description(
      'Counts FILES in threads and prints sum and count per key, sorted by key bytes; Temporal and the database are not used.\n' +
        'The format is given by options, or is that of a pipeline (--pipeline, --config). `sum` is the scaled integer in CSV and JSON.\n' +
        'No policy is applied: rejected lines are left out and summed up on stderr. Ends with 1 when more than a hundredth of a file\n' +
        'was rejected, or when a sum leaves 64 bits, which keeps that file out of the totals; with 3 when a file cannot be read. Files\n' +
        'whose name ends with `.gz` are decompressed; for a damaged one it ends with 1 and prints no totals.\n\n' +
        '  tallyline count usage.csv --delimiter , --fields 3 --key 1,2 --value 3 --scale 2 --output csv\n' +
        '  tallyline count usage.log --fields 3 --period-unit day --period-field 3 --timestamp iso8601',
    )
    .option('--threads <number>', 'threads that count', wholeNumber(1, COUNT_THREADS_MAX), availableParallelism())
    .addOption(outputOption());
  withCommonOptions(command).action((files: readonly string[], options: CountOptions) =>
    runCount(files, options, chooseReading(command, options)),
  );
}

async function runCount(files: readonly string[], { threads, output }: CountOptions, reading: Reading): Promise<void> {
  const { format, recordPeriod } = reading;
  const unit = recordPeriod?.unit;
  const counted = await countFiles(files, reading, threads);
  if (output === 'csv') writeInParts(csvRows(counted.totals, format, unit));
  else {
    const { columns, rows } = output === 'table' ? tableRows(counted.totals, format, unit) : { columns: [], rows: [] };
    printRows(output, columns, rows, output === 'json' ? jsonReport(counted, format, unit) : {});
  }
  for (const line of counted.files.flatMap(remarks)) process.stderr.write(`${line}\n`);
  if (counted.files.some(isCheckFailed)) process.exitCode = EXIT_CHECK_FAILED;
}

/** A configuration is read only when one is asked for. */
function chooseReading(command: Command, options: CountOptions): Reading {
  const isPipelineNamed = options.pipeline !== undefined || command.getOptionValueSource('config') === 'cli';
  if (!isPipelineNamed) {
    const format = formatFromOptions(options);
    return { format, compression: DEFAULT_COMPRESSION, recordPeriod: periodFromOptions(options, options) };
  }
  if (!hasFormatOptions(options) && !hasPeriodOptions(options)) {
    const { pipeline } = loadPipeline(options);
    const recordPeriod = recordPeriodOf({ periodRule: toPeriodRule(pipeline) });
    return { format: toFormat(pipeline), compression: toCompression(pipeline), recordPeriod };
  }
  throw new TallylineFailure('config_invalid', 'the format is given twice: by a pipeline and by options; leave one of them out');
}

function writeInParts(rows: Iterable<string>): void {
  let part: string[] = [];
  for (const row of rows) {
    part.push(row);
    if (part.length < CSV_ROWS_PER_WRITE) continue;
    process.stdout.write(part.join(''));
    part = [];
  }
  process.stdout.write(part.join(''));
}
