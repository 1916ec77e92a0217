import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseSizeBytes } from '../../config/quantities';
import { csvRow } from '../../core/csv';
import { TallylineFailure } from '../../core/failures';
import { emit } from '../../emitter/emit';
import { seedOption, wholeNumber } from '../number-options';
import { megabytes } from '../progress';
import { outputOption, printRows, type OutputFormat } from '../print';

const FILES_MAX = 1_000_000;
/** Sums and counts of all ids are held at once: 16 bytes each. */
const IDS_MAX = 10_000_000;

interface EmitCommandOptions {
  readonly out: string;
  readonly files: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly seed: number;
  readonly ids: number;
  readonly prefix: string;
  readonly format: 'delimited' | 'csv';
  readonly gzip?: true;
  readonly output: OutputFormat;
}

export function registerEmit(program: Command): void {
  program
    .command('emit')
    .summary('writes sample files and prints their true totals')
    .description(
      'Writes files of lines `id value` into a directory, each first under a hidden name and then renamed, and prints their true totals.\n' +
        'Ends with 3 when the directory cannot be written.\n\n' +
        '  tallyline emit --out incoming --files 3 --min-size 2MB --max-size 10MB --seed 1 --output csv > true-totals.csv',
    )
    .requiredOption('--out <directory>', 'where to write')
    .option('--files <number>', 'how many', wholeNumber(0, FILES_MAX), 10)
    .option('--min-size <size>', 'smallest size', parseSize, 2_000_000)
    .option('--max-size <size>', 'largest size', parseSize, 10_000_000)
    .addOption(seedOption('the same seed writes the same files'))
    .option('--ids <number>', 'different ids that occur', wholeNumber(1, IDS_MAX), 10_000)
    .option('--prefix <text>', 'files are named prefix-number.txt', 'usage')
    .addOption(
      new Option('--format <kind>', 'csv: with a header line, as prefix-number.csv').choices(['delimited', 'csv']).default('delimited'),
    )
    .option('--gzip', 'compress them, as prefix-number.txt.gz (of csv .csv.gz); the sizes are those before')
    .addOption(outputOption())
    .action((options: EmitCommandOptions) => runEmit(options));
}

async function runEmit(options: EmitCommandOptions): Promise<void> {
  const { out, files, minSize, maxSize, seed, ids, prefix, format, gzip = false, output } = options;
  if (minSize > maxSize)
    throw new TallylineFailure('config_invalid', `--min-size ${minSize} is larger than --max-size ${maxSize} (both in bytes)`);
  const emitted = await emit({
    outDirectory: out,
    files,
    minSizeBytes: minSize,
    maxSizeBytes: maxSize,
    seed,
    ids,
    prefix,
    isCsv: format === 'csv',
    isCompressed: gzip,
  });
  process.stderr.write(`wrote ${files} files, ${megabytes(emitted.bytes)}, into ${out}\n`);
  const rows = emitted.totals.map(({ key, sum, count }) => [Buffer.from(key).toString(), String(sum), String(count)]);
  if (output === 'csv') process.stdout.write([['key', 'sum', 'count'], ...rows].map((row) => csvRow(row)).join(''));
  else
    printRows(output, ['key', 'sum', 'count'], rows, {
      files: emitted.files,
      totals: rows.map(([key, sum, count]) => ({ key: [key], sum, count })),
    });
}

function parseSize(text: string): number {
  const bytes = parseSizeBytes(text);
  if (bytes === null) throw new InvalidArgumentError('a size such as 2MB, 64MiB or 1024');
  return bytes;
}
