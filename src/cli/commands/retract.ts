import type { Command } from 'commander';
import { TallylineFailure } from '../../core/failures';
import { withCommonOptions, type CommonOptions } from '../context';
import { toBy, withBy, type ByOptions } from '../correction-options';
import { wholeNumber } from '../number-options';
import { disposalOf, tellDisposal } from '../disposal-of';
import { outputOption, type OutputFormat } from '../print';
import { showDifference } from '../print-difference';
import { findFile, withSink } from '../with-sink';

interface RetractOptions extends CommonOptions, ByOptions {
  readonly fileVersion?: number;
  readonly dryRun?: true;
  readonly output: OutputFormat;
}

export function registerRetract(program: Command): void {
  const retract = withCommonOptions(program.command('retract <file>'))
    .summary("takes a file's count out of the totals")
    .description(
      'Prints the difference of every total, then takes what FILE (a sourceKey as `files` prints it, or a fileId) has put into the totals\n' +
        'out of them, with an entry in the ledger, in one transaction. What belongs to a closed period is taken out of the next, as an\n' +
        'adjustment. Done twice it does nothing more. The file comes back by `recount` only. Ends with 2 when it is not in the totals.\n\n' +
        '  tallyline retract 2026/11/a.txt --by alice --reason "delivered by mistake"',
    );
  withBy(retract)
    .option('--file-version <number>', 'only if the row has this version, as `files` prints it', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--dry-run', 'only print the difference')
    .addOption(outputOption())
    .action((file: string, options: RetractOptions) => runRetract(file, options));
}

async function runRetract(file: string, options: RetractOptions): Promise<void> {
  await withSink(options, async (sink, pipeline) => {
    const { fileId, sourceKey, version, state } = await findFile(sink, pipeline.name, file);
    await showDifference(sink.retractionDifference({ fileId }), pipeline, options.output, { fileId, file: sourceKey });
    if (options.dryRun) return void process.stderr.write('nothing was changed (--dry-run)\n');
    const result = await sink.retract({ fileId, version: options.fileVersion ?? version, ...toBy(options) });
    switch (result.outcome) {
      case 'done':
        process.stderr.write(`${sourceKey} is out of the totals\n`);
        // To count it again somebody must put it back first.
        return void process.stderr.write(withLineEnd(tellDisposal(sourceKey, await disposalOf(sink, { fileId }))));
      case 'already':
        return void process.stderr.write(`${sourceKey} is out of the totals already\n`);
      case 'fenced':
        throw new TallylineFailure('fenced', `${sourceKey} has version ${version}`);
      default:
        throw new TallylineFailure('not_allowed', `${sourceKey} is ${state}, and nothing of it can be taken out of the totals`);
    }
  });
}

function withLineEnd(sentence: string): string {
  return sentence === '' ? '' : `${sentence}\n`;
}
