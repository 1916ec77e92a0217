import type { Command } from 'commander';
import type { PipelineStatus } from '../../sinks/sink';
import { withCommonOptions, withSink, type CommonOptions } from '../context';
import { outputOption, printRows, type OutputFormat } from '../print';

export function registerStatus(program: Command): void {
  withCommonOptions(program.command('status'))
    .summary('backlog, progress, and what is left out and why')
    .addOption(outputOption(['table', 'json']))
    .action(async (options: CommonOptions & { output: OutputFormat }) => {
      await withSink(options, async (sink, { name }) => {
        const status = await sink.readStatus({ pipeline: name });
        if (options.output === 'json') printRows('json', [], [], status);
        else printStatus(status);
      });
    });
}

function printStatus({ pipeline, files, bytesIn, recordsIn, leftOut }: PipelineStatus): void {
  const { stopReason, stoppedAtMs } = pipeline;
  const running = stopReason === null ? 'running' : `STOPPED since ${new Date(stoppedAtMs ?? 0).toISOString()}: ${stopReason}`;
  process.stdout.write(`pipeline ${pipeline.pipeline}: ${running}; ledger sequence ${pipeline.ledgerSequence}\n`);
  process.stdout.write(`in the totals: ${files.in} files, ${bytesIn} bytes, ${recordsIn} records\n\n`);
  printRows(
    'table',
    ['state', 'files'],
    Object.entries(files).map(([state, count]) => [state, String(count)]),
    null,
  );
  if (leftOut.length === 0) return void process.stdout.write('\nnothing is left out\n');
  process.stdout.write('\nleft out of the totals\n');
  const rows = leftOut.map(({ state, reason, files: count, bytes, oldestMs }) => [
    state,
    reason ?? '',
    String(count),
    String(bytes),
    new Date(oldestMs).toISOString(),
  ]);
  printRows('table', ['state', 'reason', 'files', 'bytes', 'oldest since'], rows, null);
}
