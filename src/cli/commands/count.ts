import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';

import { DEFAULT_COMPRESSION } from '../../core/compression';
import { DEFAULT_FORMAT } from '../../core/format';
import { COUNT_SPLIT_BYTES_MIN, COUNT_THREADS_MAX } from '../../core/limits';
import { withCommonOptions } from '../context';
import type { CommonOptions } from '../context';
import type { Reading } from '../count-file';
import { countFiles } from '../count-files';
import { showCountProgress, sizeOf } from '../count-progress';
import { STDIN } from '../count-stdin';
import { csvHeader, csvRows, isCheckFailed, jsonReport, remarks, tableRows } from '../count-report';
import { EXIT_CHECK_FAILED } from '../exit-codes';
import { hasFormatOptions, withFormatOptions } from '../format-options';
import type { FormatOptions } from '../format-options';
import { wholeNumber } from '../number-options';
import { hasPeriodOptions, withPeriodOptions } from '../period-options';
import type { PeriodOptions } from '../period-options';
import { ThreadPool } from '../../kernel/thread-pool';
import { outputOption, printRows } from '../print';
import type { OutputFormat } from '../print';

type CountOptions = CommonOptions & FormatOptions & PeriodOptions & { readonly threads: number; readonly output: OutputFormat };

const CSV_CHARACTERS_PER_WRITE = 200_000;

export function registerCount(program: Command): void {
  const command = withPeriodOptions(withFormatOptions(program.command('count <files...>')))
    .summary('the totals of files, nothing stored')
    .description(
      'Counts FILES in threads and prints sum and count per key, sorted by key bytes; Temporal and the database are not used.\n' +
        'The format is given by options, or is that of a pipeline (--pipeline, --config). `sum` is the scaled integer in CSV and JSON.\n' +
        'No policy is applied: rejected lines are left out and summed up on stderr. Ends with 1 when more than a hundredth of a file\n' +
        'was rejected, or when a sum leaves 64 bits, which keeps that file out of the totals; with 3 when a file cannot be read. Files\n' +
        'whose name ends with `.gz` are decompressed; for a damaged one it ends with 1 and prints no totals. `-` is what comes through\n' +
        'a pipe, text or gzip. JSON has a receipt of each file, with its content digest, which takes a while for large files.\n\n' +
        '  tallyline count usage.csv --delimiter , --fields 3 --key 1,2 --value 3 --scale 2 --output csv\n' +
        '  tallyline count usage.log --fields 3 --period-unit day --period-field 3 --timestamp iso8601\n' +
        '  zcat usage-*.gz | tallyline count -',
    )
    .option('--threads <number>', 'threads that count', wholeNumber(1, COUNT_THREADS_MAX), availableParallelism())
    .addOption(outputOption());
  withCommonOptions(command).action(async (files: readonly string[], options: CountOptions) => {
    const threads = threadsFor(files, options.threads);
    // They load what they need while this thread does.
    const pool = new ThreadPool({ threads, countsHere: true });
    try {
      await runCount(files, { ...options, threads }, readingOf(command, options), pool);
    } finally {
      await pool.close();
    }
  });
}

async function runCount(
  files: readonly string[],
  { threads, output }: CountOptions,
  chosen: Omit<Reading, 'isProven'>,
  pool: ThreadPool,
): Promise<void> {
  const { format, recordPeriod } = chosen;
  const unit = recordPeriod?.unit;
  const progress = new SharedArrayBuffer(8);
  const bar = showCountProgress(files, progress);
  // Only JSON has the receipts.
  const counted = await countFiles(files, { ...chosen, isProven: output === 'json' }, threads, progress, pool).finally(() => bar.stop());
  const { totals } = counted;
  try {
    if (output === 'csv') await writeInParts(csvHeader(unit), totals.csv() ?? csvRows(totals.entries(), format, unit));
    else {
      const { columns, rows } = output === 'table' ? tableRows(totals.entries(), format, unit) : { columns: [], rows: [] };
      printRows(
        output,
        columns,
        rows,
        output === 'json' ? jsonReport({ files: counted.files, totals: totals.entries() }, format, unit) : {},
      );
    }
  } finally {
    totals.close();
  }
  for (const line of counted.files.flatMap(remarks)) process.stderr.write(`${line}\n`);
  if (counted.files.some(isCheckFailed)) process.exitCode = EXIT_CHECK_FAILED;
}

/** One alone is done with little before another has begun. */
function threadsFor(files: readonly string[], threads: number): number {
  const sizes = files.filter((file) => file !== STDIN).map(sizeOf);
  return sizes.reduce((sum, size) => sum + size, 0) > COUNT_SPLIT_BYTES_MIN ? threads : 1;
}

/** The default format needs no configuration, and so not what reads one, which takes longer to load than a small file to count. */
function readingOf(command: Command, options: CountOptions): Omit<Reading, 'isProven'> {
  const isPipelineNamed = options.pipeline !== undefined || command.getOptionValueSource('config') === 'cli';
  if (!isPipelineNamed && !hasFormatOptions(options) && !hasPeriodOptions(options))
    return { format: DEFAULT_FORMAT, compression: DEFAULT_COMPRESSION };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when it is needed
  const { chooseReading } = require('../choose-reading') as typeof import('../choose-reading');
  return chooseReading(options, isPipelineNamed);
}

/** No more is made than is taken. */
async function writeInParts(header: string, rows: Iterable<string | Uint8Array>): Promise<void> {
  let part = header;
  for (const row of rows) {
    if (typeof row === 'string') part += row;
    else {
      if (part !== '') await write(part);
      part = '';
      await write(row);
    }
    if (part.length < CSV_CHARACTERS_PER_WRITE) continue;
    await write(part);
    part = '';
  }
  if (part !== '') await write(part);
}

async function write(part: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(part)) await once(process.stdout, 'drain');
}
