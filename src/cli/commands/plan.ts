import { InvalidArgumentError, Option, type Command } from 'commander';
import type { PlanInput } from '../../contracts/workflow-types';
import { parseBackfillChoice } from '../../contracts/backfill-choice';
import { BACKFILL_KEYS_MAX, PLAN_FILES_MAX } from '../../core/limits';
import { TallylineFailure } from '../../core/failures';
import type { Sink } from '../../sinks/sink';
import type { ApplyPlanInput, PlanSummary } from '../../sinks/sink-plans';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipeline } from '../load-pipeline';
import { toBy, withBy, type ByOptions } from '../correction-options';
import { EXIT_CHECK_FAILED } from '../exit-codes';
import { outputOption, printRows, type OutputFormat } from '../print';
import { showDifference } from '../print-difference';
import { agentOf, withSource, type SourceChoice } from '../source-of';
import { withSink } from '../with-sink';

interface PlanOptions extends CommonOptions, SourceChoice {
  readonly keys?: readonly string[];
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  readonly recount?: true;
  readonly release?: true;
  readonly acceptRejects?: true;
  readonly changedFile?: 'supersede' | 'count-new';
  readonly output: OutputFormat;
}

export function registerPlan(backfill: Command): void {
  withChoice(withCommonOptions(backfill.command('plan')))
    .summary('count chosen files without touching the totals, and show the difference')
    .description(
      `Counts at most ${PLAN_FILES_MAX} files of exactly one choice for real, under a plan: the totals stay as they are. Prints what would become of\n` +
        'each file and the difference of every total, and the id under which `backfill apply` does exactly that. A plan can be applied for a\n' +
        'week. Files that are in the totals, or were set aside, are left as they are unless --recount or --release says otherwise.\n' +
        'Needs a Temporal server and a worker.\n\n' +
        '  tallyline backfill plan --prefix 2026/11/ --recount',
    )
    .option('--recount', 'also count files again that are in the totals, or were taken out of them')
    .option('--release', 'also count files that were set aside')
    .option('--accept-rejects', 'however many lines are rejected: the accepted ones are counted')
    .addOption(new Option('--changed-file <policy>', 'in place of the configured policy').choices(['supersede', 'count-new']))
    .addOption(outputOption())
    .action((options: PlanOptions) => makePlan(options));
  const apply = withCommonOptions(backfill.command('apply <plan>'))
    .summary('do exactly what a plan said, or nothing')
    .description(
      'Applies PLAN in one transaction, with entries in the ledger. Refuses when anything that the plan was made for is otherwise by now\n' +
        '(a file was counted, retracted or superseded meanwhile): then make a new plan. Applied twice it does nothing more.\n\n' +
        '  tallyline backfill apply p-1f0c2a9b --by alice --reason "November, delivered late"',
    );
  withBy(apply).action((planId: string, options: CommonOptions & ByOptions) =>
    withSink(options, async (sink, { name }) => {
      await requirePlan(sink, name, planId);
      await finishPlan(sink, { planId, ...toBy(options) });
    }),
  );
  withCommonOptions(backfill.command('show <plan>'))
    .summary('what a plan found')
    .description('Prints the files of PLAN and the difference that applying it would make now.\n\n  tallyline backfill show p-1f0c2a9b')
    .addOption(outputOption())
    .action((planId: string, options: PlanOptions) => showPlan(planId, options));
  withCommonOptions(backfill.command('plans'))
    .summary('the plans of the pipeline, newest first')
    .description('Lists plans with their state: counted, applied or expired.\n\n  tallyline backfill plans')
    .addOption(outputOption())
    .action((options: PlanOptions) => listPlans(options));
}

export function withChoice(command: Command): Command {
  return withSource(command)
    .option('--keys <file...>', `sourceKeys as \`files\` prints them, at most ${BACKFILL_KEYS_MAX}`)
    .option('--prefix <text>', 'files whose sourceKey starts with it')
    .option('--from <instant>', 'files last modified at or after it (ISO 8601)', parseInstant)
    .option('--to <instant>', 'files last modified before it (ISO 8601)', parseInstant);
}

export function chosenFiles({ keys, prefix, from, to }: Pick<PlanOptions, 'keys' | 'prefix' | 'from' | 'to'>) {
  return {
    ...(keys && { keys }),
    ...(prefix !== undefined && { prefix }),
    ...(from !== undefined && { modifiedFrom: from }),
    ...(to !== undefined && { modifiedTo: to }),
  };
}

async function makePlan(options: PlanOptions): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  const { recount, release, acceptRejects, changedFile } = options;
  const allowances = {
    ...(recount && { recount }),
    ...(release && { release }),
    ...(acceptRejects && { acceptRejects }),
    ...(changedFile && { changedFile }),
  };
  const sourceId = agentOf(pipeline, options);
  const input: PlanInput = { pipeline: pipeline.name, ...(sourceId !== undefined && { sourceId }), ...chosenFiles(options), ...allowances };
  // The workflow would find the same, but only after it was started and has failed.
  parseBackfillChoice(input);
  // Only here: what others take from this file needs no Temporal, whose client takes longer to load than they take.
  const [{ withTemporal }, { runPlan }] = await Promise.all([import('../with-temporal.js'), import('../run-plan.js')]);
  const { planId, complete, problem } = await withTemporal(config, (client) => runPlan(client, input));
  await showPlan(planId, options);
  if (complete) return;
  process.stderr.write(`not everything could be looked at, so that chosen files may be missing: ${problem ?? ''}\n`);
  process.exitCode = EXIT_CHECK_FAILED;
}

/** Throws unknown_plan, also for a plan of another pipeline. */
async function requirePlan(sink: Sink, pipeline: string, planId: string): Promise<PlanSummary> {
  const plan = await sink.readPlan({ planId });
  if (plan?.pipeline !== pipeline) throw new TallylineFailure('unknown_plan', `pipeline ${pipeline} has no plan ${planId}`);
  return plan;
}

async function showPlan(planId: string, options: PlanOptions): Promise<void> {
  await withSink(options, async (sink, pipeline) => {
    const plan = await requirePlan(sink, pipeline.name, planId);
    if (options.output !== 'json') printItems(plan, options.output === 'csv' ? process.stderr : process.stdout);
    const isOpen = plan.appliedUntil === null && plan.expiresMs > Date.now();
    if (isOpen) await showDifference(sink.planDifference({ planId }), pipeline, options.output, { plan });
    process.stderr.write(`plan ${planId} ${tellState(plan)}\n`);
  });
}

function printItems({ items }: PlanSummary, stream: NodeJS.WritableStream): void {
  for (const { sourceKey, action, outcome, detail, records } of items) {
    const what = action === 'none' ? `not changed: ${outcome}` : `${action}, then ${outcome}`;
    stream.write(`${sourceKey}: ${what}, ${records} records${detail === '' ? '' : ` (${detail})`}\n`);
  }
  stream.write(items.length === 0 ? 'no file to count\n\n' : '\n');
}

function tellState({ appliedUntil, expiresMs, isSealed }: Pick<PlanSummary, 'appliedUntil' | 'expiresMs' | 'isSealed'>): string {
  if (appliedUntil !== null) return `was applied, ledger sequence ${appliedUntil}`;
  if (expiresMs <= Date.now()) return `has expired at ${new Date(expiresMs).toISOString()}`;
  return isSealed ? `can be applied until ${new Date(expiresMs).toISOString()}` : 'is being counted';
}

async function listPlans(options: PlanOptions): Promise<void> {
  await withSink(options, async (sink, { name }) => {
    const plans = await sink.listPlans({ pipeline: name });
    const rows = plans.map((plan) => [plan.planId, new Date(plan.createdMs).toISOString(), tellState(plan), plan.description]);
    printRows(options.output, ['plan', 'made at', 'state', 'choice'], rows, plans);
  });
}

/** Applies a plan and says what became of it. Throws plan_outdated, unknown_plan, not_allowed. */
export async function finishPlan(sink: Sink, input: ApplyPlanInput): Promise<void> {
  const result = await sink.applyPlan(input);
  const { planId } = input;
  switch (result.outcome) {
    case 'done':
      return void process.stderr.write(`plan ${planId} applied: ${result.files} files changed, ledger sequence ${result.ledgerSequence}\n`);
    case 'already':
      return void process.stderr.write(`plan ${planId} was applied already, ledger sequence ${result.ledgerSequence}\n`);
    case 'outdated':
      throw new TallylineFailure('plan_outdated', `plan ${planId} is outdated: ${result.fact}`);
    case 'overflow':
      throw new TallylineFailure('not_allowed', `plan ${planId}: ${result.fact}`);
    case 'unknown':
      throw new TallylineFailure('unknown_plan', `the sink has no plan ${planId}`);
    case 'expired':
      throw new TallylineFailure('plan_outdated', `plan ${planId} has expired`);
    case 'not_counted':
      throw new TallylineFailure('not_allowed', `the files of plan ${planId} are still being counted`);
  }
}

function parseInstant(text: string): string {
  if (Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('an ISO 8601 instant such as 2026-11-23T00:00:00Z');
  return new Date(text).toISOString();
}
