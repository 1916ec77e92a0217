import type { Command } from 'commander';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { parseBackfillChoice } from '../../contracts/backfill-choice';
import type { BackfillInput, BackfillResult } from '../../contracts/workflow-types';
import { TASK_QUEUES } from '../../contracts/task-queues';
import { pipelineAttribute } from '../../contracts/search-attributes';
import { backfillWorkflowId } from '../../core/ids';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipeline } from '../load-pipeline';
import { EXIT_CHECK_FAILED, exitCodeOfCode } from '../exit-codes';
import { innermostCause } from '../innermost-cause';
import { agentOf, type SourceChoice } from '../source-of';
import { withTemporal } from '../with-temporal';
import { chosenFiles, registerPlan, withChoice } from './plan';

interface BackfillOptions extends CommonOptions, SourceChoice {
  readonly keys?: readonly string[];
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  readonly wait: boolean;
}

export function registerBackfill(program: Command): void {
  const backfill = program
    .command('backfill')
    .summary('counts chosen files: run; or shows first what it would change: plan, apply, show, plans')
    .description('Counts chosen files on request. What is in the totals already stays counted once.');
  withChoice(withCommonOptions(backfill.command('run')))
    .summary('count chosen files now')
    .description(
      'Counts the files of exactly one choice: --keys, --prefix, or --from and/or --to. Needs a Temporal server and a worker. Prints how\n' +
        'many files were chosen and started, and how many ended in each state. Ends with 2 for a choice that is none, 3 when Temporal is\n' +
        'away, 1 when the backfill fails or could not look at everything. `temporal workflow start` and `tctl` start the same (docs/guides/backfill.md).\n\n' +
        '  tallyline backfill run --prefix 2026/11/',
    )
    .option('--no-wait', 'print the workflow id and end, instead of waiting for the files')
    .action((options: BackfillOptions) => runBackfill(options));
  registerPlan(backfill);
}

async function runBackfill(options: BackfillOptions): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  const sourceId = agentOf(pipeline, options);
  const input: BackfillInput = { pipeline: pipeline.name, ...(sourceId !== undefined && { sourceId }), ...chosenFiles(options) };
  // The workflow would find the same, but only after it was started and has failed.
  parseBackfillChoice(input);
  await withTemporal(config, (client) => start(client, input, options.wait));
}

async function start(client: Client, input: BackfillInput, isAwaited: boolean): Promise<void> {
  const handle = await client.workflow.start('backfillWorkflow', {
    workflowId: backfillWorkflowId(input.pipeline, new Date().toISOString()),
    taskQueue: TASK_QUEUES.orchestrate,
    args: [input],
    staticSummary: `Backfill of ${input.pipeline}`,
    typedSearchAttributes: [{ key: pipelineAttribute, value: input.pipeline }],
  });
  process.stderr.write(`started ${handle.workflowId}\n`);
  if (!isAwaited) return void process.stdout.write(`${handle.workflowId}\n`);
  try {
    const result = (await handle.result()) as BackfillResult;
    process.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.complete) return;
    process.stderr.write(`not everything could be looked at, so that chosen files may be missing: ${result.problem ?? ''}\n`);
    process.exitCode = EXIT_CHECK_FAILED;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause, code } = innermostCause(error);
    process.stderr.write(`${handle.workflowId} failed: ${cause.message}\n`);
    process.exitCode = code === null ? EXIT_CHECK_FAILED : exitCodeOfCode(code);
  }
}
