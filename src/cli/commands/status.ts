import type { Command } from 'commander';
import { TallylineFailure } from '../../core/failures';
import type { PipelineStatus } from '../../sinks/sink';
import type { ExpectedStatus } from '../../sinks/sink-expected';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipelines } from '../load-pipeline';
import { exitCodeOf } from '../exit-codes';
import { printExpected } from '../print-expected';
import { outputOption, printRows, type OutputFormat } from '../print';
import { requirePipeline, withDatabase } from '../with-sink';

/** What there is and what is not there yet. */
type WholeStatus = PipelineStatus & { readonly expected: ExpectedStatus };

type StatusOptions = CommonOptions & { readonly output: OutputFormat };

export function registerStatus(program: Command): void {
  withCommonOptions(program.command('status'), 'only this pipeline; without it all of the configuration')
    .summary('backlog, progress, and what is left out and why')
    .description(
      'Shows for each pipeline whether it runs or is stopped, how many files are in which state, and what is left out of the totals and\n' +
        'why, and which files are expected and did not come. JSON holds the status of the one pipeline, or {"pipelines":[…]} where the configuration has several and none is named.\n\n' +
        '  tallyline status --pipeline usage --output json',
    )
    .addOption(outputOption(['table', 'json']))
    .action((options: StatusOptions) => runStatus(options));
}

async function runStatus(options: StatusOptions): Promise<void> {
  const { config, pipelines } = loadPipelines(options);
  await withDatabase(config, async (sink) => {
    const found: WholeStatus[] = [];
    for (const pipeline of pipelines) {
      try {
        await requirePipeline(sink, config, pipeline);
        const expected = await sink.readExpected({ pipeline: pipeline.name, nowMs: Date.now() });
        found.push({ ...(await sink.readStatus({ pipeline: pipeline.name })), expected });
      } catch (error) {
        // One that is not as configured must not hide the others.
        if (!(error instanceof TallylineFailure) || pipelines.length === 1) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = exitCodeOf(error);
      }
    }
    if (options.output === 'json') printRows('json', [], [], pipelines.length === 1 ? found[0] : { pipelines: found });
    else found.forEach(printWhole);
  });
}

function printWhole(status: WholeStatus, index: number): void {
  printStatus(status, index);
  printExpected(status.expected);
}

function printStatus({ pipeline, files, bytesIn, recordsIn, leftOut }: PipelineStatus, index: number): void {
  const { stopReason, stoppedAtMs } = pipeline;
  const running = stopReason === null ? 'running' : `STOPPED since ${new Date(stoppedAtMs ?? 0).toISOString()}: ${stopReason}`;
  const closed = pipeline.closedThrough === '' ? '' : `; closed through ${pipeline.closedThrough}`;
  process.stdout.write(
    `${index === 0 ? '' : '\n'}pipeline ${pipeline.pipeline}: ${running}; ledger sequence ${pipeline.ledgerSequence}${closed}\n`,
  );
  process.stdout.write(`in the totals: ${files.in} files, ${bytesIn} bytes, ${recordsIn} records\n\n`);
  printRows(
    'table',
    ['state', 'files'],
    Object.entries(files).map(([state, count]) => [state, String(count)]),
    null,
  );
  if (leftOut.length === 0) return void process.stdout.write('\nnothing is left out\n');
  process.stdout.write('\nleft out of the totals\n');
  const rows = leftOut.map(({ state, reason, period, files: count, bytes, lines, oldestMs }) => [
    state,
    reason ?? '',
    period,
    String(count),
    String(bytes),
    String(lines),
    oldestMs === null ? '' : new Date(oldestMs).toISOString(),
  ]);
  printRows('table', ['state', 'reason', 'period', 'files', 'bytes', 'lines', 'oldest since'], rows, null);
}
