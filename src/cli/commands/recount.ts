/** Corrections that count a file anew: each is a plan of one file, shown first and applied at once. */
import { Option, type Command } from 'commander';
import { TallylineFailure } from '../../core/failures';
import type { PlanAllowances } from '../../core/plan-choice';
import type { FileRow, Sink } from '../../sinks/sink';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipeline } from '../load-pipeline';
import { toBy, withBy, type ByOptions } from '../correction-options';
import { disposalOf, tellDisposal } from '../disposal-of';
import { outputOption, type OutputFormat } from '../print';
import { showDifference } from '../print-difference';
import { findFile, withSink } from '../with-sink';
import { finishPlan } from './plan';

interface RecountOptions extends CommonOptions, ByOptions {
  readonly acceptRejects?: true;
  readonly acceptUnterminated?: true;
  readonly supersede?: true;
  readonly countNew?: true;
  readonly countDuplicate?: true;
  readonly dryRun?: true;
  readonly output: OutputFormat;
}

const HOW =
  'The file is read from its source, which must still have the same generation, and counted under a plan; the difference of every total\n' +
  'is printed, then the plan is applied in one transaction, with entries in the ledger. Needs a Temporal server and a worker.\n\n';

export function registerRecount(program: Command): void {
  const recount = withCommonOptions(program.command('recount <file>'))
    .summary('counts a file again in place of its old count')
    .description(
      `Counts FILE again (a sourceKey, or a fileId) that is in the totals, was taken out of them, or was superseded.\n${HOW}` +
        '  tallyline recount a.txt --by alice --reason "the format was wrong"',
    );
  recount.option('--count-duplicate', 'although its bytes are in the totals under another name, or were taken out under this one');
  withCorrection(recount).action((file: string, options: RecountOptions) => correct(file, options, { recount: true }));

  const supersede = withCommonOptions(program.command('supersede <file>'))
    .summary('puts a newer generation of a file in place of the older')
    .description(
      'Counts FILE, a generation that was set aside as new_generation, and takes the generation in the totals out in the same step.\n' +
        `${HOW}  tallyline supersede a.txt --by alice --reason "corrected by the emitter"`,
    );
  withCorrection(supersede).action((file: string, options: RecountOptions) =>
    correct(file, { ...options, supersede: true }, { release: true }),
  );
}

export function registerRelease(quarantine: Command): void {
  const release = withCommonOptions(quarantine.command('release <file>'))
    .summary('count a file that was set aside')
    .description(
      'Counts FILE, which was set aside, exactly once: after its cause was mended, or with the option that accepts it. One that was set aside\n' +
        `as new_generation or duplicate_content needs the word how.\n${HOW}` +
        '  tallyline quarantine release a.txt --accept-rejects --by alice --reason "three lines are known to be broken"',
    )
    .option('--accept-rejects', 'however many lines are rejected: the accepted ones are counted')
    .option('--accept-unterminated', 'although its last line has no line feed')
    .addOption(new Option('--supersede', 'new_generation: take the other generation out of the totals').conflicts('countNew'))
    .option('--count-new', 'new_generation: count it beside the other generation')
    .option('--count-duplicate', 'duplicate_content: it is a second delivery of the same bytes, to be billed again');
  withCorrection(release).action((file: string, options: RecountOptions) => correct(file, options, { release: true }));
}

function withCorrection(command: Command): Command {
  return withBy(command).option('--dry-run', 'only print the difference; the plan can be applied later').addOption(outputOption());
}

async function correct(file: string, options: RecountOptions, allowed: PlanAllowances): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  await withSink(options, async (sink) => {
    const row = await findFile(sink, pipeline.name, file);
    requireState(row.state, allowed, row.sourceKey);
    const allowances = { ...allowed, ...allowancesOf(options), fileIds: [row.fileId] };
    // Only here: of the commands beside this one none needs Temporal, whose client takes longer to load than they take.
    const [{ withTemporal }, { runPlan }] = await Promise.all([import('../with-temporal.js'), import('../run-plan.js')]);
    const { planId } = await withTemporal(config, (client) =>
      runPlan(client, { pipeline: pipeline.name, keys: [row.sourceKey], ...allowances }),
    );
    await requireCounted(sink, planId, row);
    await showDifference(sink.planDifference({ planId }), pipeline, options.output, { planId, fileId: row.fileId, file: row.sourceKey });
    if (options.dryRun)
      return void process.stderr.write(`nothing was changed (--dry-run); \`tallyline backfill apply ${planId}\` does it\n`);
    await finishPlan(sink, { planId, ...toBy(options) });
  });
}

function allowancesOf({ acceptRejects, acceptUnterminated, supersede, countNew, countDuplicate }: RecountOptions): PlanAllowances {
  return {
    ...(acceptRejects && { acceptRejects }),
    ...(acceptUnterminated && { acceptUnterminatedLastLine: acceptUnterminated }),
    ...(supersede && { changedFile: 'supersede' }),
    ...(countNew && { changedFile: 'count-new' }),
    ...(countDuplicate && { duplicateContent: 'count' }),
  };
}

function requireState(state: string, { recount }: PlanAllowances, file: string): void {
  const fitting = recount ? ['in', 'out', 'superseded', 'alias'] : ['quarantined'];
  if (fitting.includes(state)) return;
  throw new TallylineFailure('not_allowed', `${file} is ${state}, and this is for files that are ${fitting.join(', ')}`);
}

/** Throws what keeps the file out of the totals. */
async function requireCounted(sink: Sink, planId: string, row: FileRow): Promise<void> {
  const { sourceKey: file } = row;
  const items = (await sink.readPlan({ planId }))?.items ?? [];
  const [item] = items;
  if (item === undefined) {
    const told = tellDisposal(file, await disposalOf(sink, row));
    const fact = `the source does not have this generation of ${file} any more (or it is not settled), so it cannot be read`;
    throw new TallylineFailure('not_allowed', told === '' ? fact : `${fact}: ${told}`);
  }
  if (item.action !== 'none') return;
  throw new TallylineFailure('not_allowed', `${file} would be set aside again, as ${item.outcome}: ${item.detail}`);
}
