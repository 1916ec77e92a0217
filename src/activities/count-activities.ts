/** The count role: admit a file, count its splits, hand it over. Every step is idempotent and fenced by the file row. */
import { Context } from '@temporalio/activity';
import type { AdmitFileResult, CountActivities, FileActivityInput } from '../contracts/activity-types';
import type { FileResult } from '../contracts/workflow-types';
import { isQuarantineReason, TallylineFailure } from '../core/failures';
import { countedBytesMax, makePlan, type Plan } from '../core/plan';
import { planDigestOf } from '../kernel/digest';
import type { FileRow } from '../sinks/sink';
import { translated } from './application-failure';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';
import type { FileWatch } from './file-watch';
import { HandOver } from './hand-over';
import { pipelineRuntime } from './pipeline-runtime';
import { hasOtherPlan, replacedElsewhere } from './replace-plan';
import { SplitAttempt } from './split-attempt';

/** A file that is to be counted now, or one whose count is behind it. */
type Admission =
  | { readonly kind: 'counting'; readonly row: FileRow; readonly plan: Plan; readonly planDigest: string }
  | { readonly kind: 'settled'; readonly row: FileRow };

export function createCountActivities(dependencies: ActivityDependencies, watch: FileWatch): CountActivities {
  const { sink, metrics } = dependencies;

  async function countFile(input: FileActivityInput): Promise<FileResult> {
    const runtime = pipelineRuntime(dependencies, input.pipeline);
    const handOver = new HandOver(dependencies, watch, runtime, input);
    // Bounded by the state machine: missing partials quarantine the file at the third time, and a plan is replaced once.
    for (;;) {
      const admission = await admit(dependencies, runtime, input);
      if (admission.kind === 'counting' && (await countMissing(runtime, input, admission)) === 'plan replaced') continue;
      const handedOver = await handOver.run(admission.row);
      if (handedOver.kind === 'applied') return handedOver.result;
    }
  }

  async function countMissing(
    runtime: PipelineRuntime,
    input: FileActivityInput,
    admission: Extract<Admission, { kind: 'counting' }>,
  ): Promise<'done' | 'plan replaced'> {
    const stored = new Set(await sink.storedSplits({ ...input, planDigest: admission.planDigest }));
    for (let splitIndex = 0; splitIndex < admission.plan.splits.length; splitIndex += 1) {
      if (stored.has(splitIndex)) continue;
      const { planReplaced } = await new SplitAttempt(dependencies, { runtime, ...admission, splitIndex }).run();
      if (planReplaced) return 'plan replaced';
    }
    return 'done';
  }

  async function admitFile(input: FileActivityInput): Promise<AdmitFileResult> {
    const runtime = pipelineRuntime(dependencies, input.pipeline);
    const admission = await admit(dependencies, runtime, input);
    // Counted before: nothing to count, and the hand-over reports what became of it.
    if (admission.kind === 'settled') return { splitCount: 0, planDigest: '', splitBytesMax: 0, storedSplits: [] };
    const { plan, planDigest } = admission;
    const storedSplits = await sink.storedSplits({ ...input, planDigest });
    return { splitCount: plan.splits.length, planDigest, splitBytesMax: countedBytesMax(plan), storedSplits };
  }

  return {
    countFile: translated(countFile, metrics.failed),
    admitFile: translated(admitFile, metrics.failed),
    countSplit: translated(async (input) => {
      const runtime = pipelineRuntime(dependencies, input.pipeline);
      const row = await requireFile(dependencies, input);
      if (row.version !== input.version || row.state !== 'counting' || row.plan === null || row.planDigest !== input.planDigest) {
        if (hasOtherPlan(row, input)) return replacedElsewhere(input.splitIndex);
        // A twin of this attempt finished the split, and with it perhaps the file: the hand-over tells.
        if (row.version === input.version && (row.state === 'counted' || row.state === 'in')) return finishedElsewhere(input.splitIndex);
        throw fencedFile(row, input.version);
      }
      // An attempt whose completion was lost had stored it.
      if ((await sink.storedSplits(input)).includes(input.splitIndex)) return finishedElsewhere(input.splitIndex);
      return await new SplitAttempt(dependencies, {
        runtime,
        row,
        plan: row.plan,
        planDigest: input.planDigest,
        splitIndex: input.splitIndex,
      }).run();
    }, metrics.failed),
    handOver: translated(async (input) => {
      const runtime = pipelineRuntime(dependencies, input.pipeline);
      const row = await requireFile(dependencies, input);
      return await new HandOver(dependencies, watch, runtime, input).run(row);
    }, metrics.failed),
    cancelFile: translated(async (input) => {
      const detail = `its workflow ${Context.current().info.workflowExecution?.workflowId ?? ''} was cancelled`;
      const status = await sink.quarantine({ ...input, reason: 'cancelled', detail, nowMs: dependencies.now() });
      const isCancelled = status === null || status.version !== input.version || status.state === 'quarantined';
      if (isCancelled) metrics.filesQuarantined(input.pipeline, 'cancelled', 1);
      return { outcome: isCancelled ? 'cancelled' : 'too_late' };
    }, metrics.failed),
  };
}

async function admit(dependencies: ActivityDependencies, runtime: PipelineRuntime, input: FileActivityInput): Promise<Admission> {
  const row = await requireFile(dependencies, input);
  if (row.version !== input.version) throw fencedFile(row, input.version);
  const { meaning, policies } = runtime;
  const plan = await planOrSetAside(dependencies, runtime, row);
  const admitted = await dependencies.sink.admit({
    ...input,
    plan,
    planDigest: planDigestOf(plan),
    meaning,
    policies,
    nowMs: dependencies.now(),
  });
  if (admitted.outcome === 'fenced') throw fencedFile(row, input.version);
  if (admitted.outcome === 'settled') return { kind: 'settled', row: admitted.row };
  return { kind: 'counting', row, plan: admitted.plan, planDigest: admitted.planDigest };
}

/** Throws what keeps the file from being planned (its name tells no period, say), with the file set aside under it. */
async function planOrSetAside({ sink, metrics, now }: ActivityDependencies, runtime: PipelineRuntime, row: FileRow): Promise<Plan> {
  const { splitBytes, format, compression, periodRule } = runtime;
  const { fileId, version, sizeBytes, sourceKey, firstSeenMs } = row;
  try {
    return makePlan({ format, compression, periodRule, sizeBytes, ...(splitBytes && { splitBytes }), sourceKey, firstSeenMs });
  } catch (error) {
    if (error instanceof TallylineFailure && isQuarantineReason(error.code)) {
      await sink.quarantine({ fileId, version, reason: error.code, detail: error.fact, nowMs: now() });
      metrics.filesQuarantined(runtime.pipeline, error.code, 1);
    }
    throw error;
  }
}

async function requireFile(dependencies: ActivityDependencies, input: FileActivityInput): Promise<FileRow> {
  const row = await dependencies.sink.readFile(input.fileId);
  // No row: the sink was restored or replaced since. The next scan registers the file anew.
  if (row === null) throw new TallylineFailure('fenced', `file ${input.fileId} has no row in the sink`);
  return row;
}

function fencedFile(row: FileRow, version: number): TallylineFailure {
  return new TallylineFailure(
    'fenced',
    `version ${version} of ${row.sourceKey} is not the one that counts: the row is ${row.state} at version ${row.version}`,
  );
}

function finishedElsewhere(splitIndex: number) {
  return { splitIndex, nextOffset: 0, records: 0, rejected: 0 };
}
