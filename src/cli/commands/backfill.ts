import { InvalidArgumentError, type Command } from 'commander';
import type { BackfillInput } from '../../contracts/workflow-types';
import { TASK_QUEUES } from '../../contracts/task-queues';
import { pipelineAttribute } from '../../contracts/search-attributes';
import { backfillWorkflowId } from '../../core/ids';
import { loadPipeline, withCommonOptions, withTemporal, type CommonOptions } from '../context';

interface BackfillOptions extends CommonOptions {
  readonly keys?: readonly string[];
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  readonly wait: boolean;
}

export function registerBackfill(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('Counts chosen files on request. What is in the totals already stays counted once.');
  withCommonOptions(backfill.command('run'))
    .summary('count chosen files now')
    .description(
      'Exactly one of --keys, --prefix, or --from and/or --to. The same can be started with `temporal workflow start` or `tctl` (docs/guides/backfill.md).',
    )
    .option('--keys <file...>', 'sourceKeys as `files` prints them')
    .option('--prefix <text>', 'files whose sourceKey starts with it')
    .option('--from <instant>', 'files last modified at or after it (ISO 8601)', parseInstant)
    .option('--to <instant>', 'files last modified before it (ISO 8601)', parseInstant)
    .option('--no-wait', 'print the workflow id and end, instead of waiting for the files')
    .action((options: BackfillOptions) => runBackfill(options));
}

async function runBackfill(options: BackfillOptions): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  const input: BackfillInput = {
    pipeline: pipeline.name,
    ...(options.keys ? { keys: options.keys } : {}),
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.from === undefined ? {} : { modifiedFrom: options.from }),
    ...(options.to === undefined ? {} : { modifiedTo: options.to }),
  };
  await withTemporal(config, async (client) => {
    const handle = await client.workflow.start('backfillWorkflow', {
      workflowId: backfillWorkflowId(pipeline.name, new Date().toISOString()),
      taskQueue: TASK_QUEUES.orchestrate,
      args: [input],
      staticSummary: `Backfill of ${pipeline.name}`,
      typedSearchAttributes: [{ key: pipelineAttribute, value: pipeline.name }],
    });
    process.stderr.write(`started ${handle.workflowId}\n`);
    if (!options.wait) return void process.stdout.write(`${handle.workflowId}\n`);
    process.stdout.write(`${JSON.stringify(await handle.result())}\n`);
  });
}

function parseInstant(text: string): string {
  if (Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('an ISO 8601 instant such as 2026-11-23T00:00:00Z');
  return new Date(text).toISOString();
}
