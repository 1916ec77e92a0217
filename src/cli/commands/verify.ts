import type { Command } from 'commander';
import { toSourceOptions } from '../../config/convert';
import { TallylineFailure } from '../../core/failures';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipeline } from '../load-pipeline';
import { EXIT_CHECK_FAILED } from '../exit-codes';
import { outputOption, printRows, type OutputFormat } from '../print';
import { verifySource } from '../verify-source';
import { withSink } from '../with-sink';

type VerifyOptions = CommonOptions & { readonly output: OutputFormat; readonly source?: true };

export function registerVerify(program: Command): void {
  withCommonOptions(program.command('verify'))
    .summary('checks every invariant of the sink')
    .description(
      'Checks from one snapshot that file rows, ledger, contributions, receipts and totals agree. Ends with 0 when they do; a mismatch\n' +
        'is printed, ends with 1 and stops the pipeline: nothing is applied until `tallyline resume`. With --source every file is read again\n' +
        'that the source still has as it was counted, and its count compared.\n\n' +
        '  tallyline verify --output json',
    )
    .option('--source', 'also read the files again and compare')
    .addOption(outputOption(['table', 'json']))
    .action((options: VerifyOptions) => runVerify(options));
}

export function registerResume(program: Command): void {
  withCommonOptions(program.command('resume'))
    .summary('lifts the stop of a pipeline')
    .description(
      'Lets a pipeline apply again that `verify` or a broken invariant stopped (`tallyline status` says why). The ledger keeps who and why.\n\n' +
        '  tallyline resume --by alice --reason "restored the backup of Monday, verify is clean"',
    )
    .requiredOption('--by <name>', 'who lifts it; goes into the ledger')
    .requiredOption('--reason <text>', 'why it is safe; goes into the ledger')
    .action((options: CommonOptions & { by: string; reason: string }) => runResume(options));
}

async function runVerify(options: VerifyOptions): Promise<void> {
  const { config } = loadPipeline(options);
  await withSink(options, async (sink, pipeline) => {
    const { name } = pipeline;
    const mismatches = [...(await sink.verify({ pipeline: name }))];
    if (options.source) {
      if (pipeline.source.kind === 'agent')
        throw new TallylineFailure('config_invalid', `the files of pipeline ${name} lie with agents, and cannot be read here`);
      const found = await verifySource({ sink, pipeline: name, sourceOptions: toSourceOptions(pipeline), threads: config.worker.threads });
      mismatches.push(...found.mismatches);
      const { filesRead, filesGone, filesDisposed } = found;
      const onPurpose = filesDisposed === 0 ? '' : `, ${filesDisposed} of them moved or deleted by \`source.afterCounting\``;
      process.stderr.write(`read ${filesRead} files again; ${filesGone} are not there any more as they were counted${onPurpose}\n`);
    }
    const [first] = mismatches;
    if (first === undefined) return void process.stderr.write(`every invariant of ${name} holds\n`);
    const reason = `verify found ${mismatches.length} mismatches, the first: ${first.check} of ${first.subject}`;
    // Before it prints: whoever reads may be gone.
    await sink.stop({ pipeline: name, by: 'verify', reason, nowMs: Date.now() });
    const rows = mismatches.map(({ check, subject, expected, found }) => [check, subject, expected, found]);
    printRows(options.output, ['check', 'subject', 'expected', 'found'], rows, mismatches);
    process.stderr.write(`${name} is stopped: ${reason}. Nothing is applied until \`tallyline resume\`.\n`);
    process.exitCode = EXIT_CHECK_FAILED;
  });
}

async function runResume(options: CommonOptions & { readonly by: string; readonly reason: string }): Promise<void> {
  await withSink(options, async (sink, { name }) => {
    await sink.resume({ pipeline: name, by: options.by, reason: options.reason, nowMs: Date.now() });
    process.stderr.write(`${name} runs again\n`);
  });
}
