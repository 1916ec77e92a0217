import type { Command } from 'commander';
import { withCommonOptions, withSink, type CommonOptions } from '../context';
import { EXIT_CHECK_FAILED } from '../exit-codes';
import { outputOption, printRows, type OutputFormat } from '../print';

export function registerVerify(program: Command): void {
  withCommonOptions(program.command('verify'))
    .summary('checks every invariant of the sink')
    .description(
      'Checks that ledger, contributions and totals agree. A mismatch stops the pipeline (until `tallyline resume`) and exits with 1.',
    )
    .addOption(outputOption(['table', 'json']))
    .action(async (options: CommonOptions & { output: OutputFormat }) => {
      await withSink(options, async (sink, { name }) => {
        const mismatches = await sink.verify({ pipeline: name });
        if (mismatches.length === 0) return void process.stderr.write(`every invariant of ${name} holds\n`);
        const reason = `verify found ${mismatches.length} mismatches, the first: ${mismatches[0]?.check} of ${mismatches[0]?.subject}`;
        await sink.stop({ pipeline: name, by: 'verify', reason, nowMs: Date.now() });
        const rows = mismatches.map(({ check, subject, expected, found }) => [check, subject, expected, found]);
        printRows(options.output, ['check', 'subject', 'expected', 'found'], rows, mismatches);
        process.stderr.write(`${name} is stopped: ${reason}. Nothing is applied until \`tallyline resume\`.\n`);
        process.exitCode = EXIT_CHECK_FAILED;
      });
    });
}

export function registerResume(program: Command): void {
  withCommonOptions(program.command('resume'))
    .summary('lifts the stop of a pipeline')
    .requiredOption('--by <name>', 'who lifts it; goes into the ledger')
    .requiredOption('--reason <text>', 'why it is safe; goes into the ledger')
    .action(async (options: CommonOptions & { by: string; reason: string }) => {
      await withSink(options, async (sink, { name }) => {
        await sink.resume({ pipeline: name, by: options.by, reason: options.reason, nowMs: Date.now() });
        process.stderr.write(`${name} runs again\n`);
      });
    });
}
