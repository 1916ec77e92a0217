/** The count role: admit a file, count its splits, hand it over. Every step is idempotent and fenced by the file row. */
import { Context } from '@temporalio/activity';
import type { AdmitFileResult, CancelFileResult, CountActivities, FileActivityInput } from '../contracts/activity-types';
import type { FileResult } from '../contracts/workflow-types';
import { admit, describeAdmission, fencedFile, requireFile, type Admission } from './admission';
import { translated } from './application-failure';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';
import type { FileWatch } from './file-watch';
import { HandOver } from './hand-over';
import { pipelineRuntime, pipelineSettings } from './pipeline-runtime';
import { hasOtherPlan, replacedElsewhere } from './replace-plan';
import { SinkBooks } from './sink-books';
import { SplitAttempt } from './split-attempt';

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
      const { row: file, plan, planDigest } = admission;
      const target = { runtime, file, plan, planDigest, splitIndex };
      const { planReplaced } = await new SplitAttempt(dependencies, target, new SinkBooks(dependencies, target)).run();
      if (planReplaced) return 'plan replaced';
    }
    return 'done';
  }

  async function admitFile(input: FileActivityInput): Promise<AdmitFileResult> {
    const runtime = pipelineRuntime(dependencies, input.pipeline);
    return await describeAdmission(sink, input, await admit(dependencies, runtime, input));
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
      const { planDigest, splitIndex } = input;
      const target = { runtime, file: row, plan: row.plan, planDigest, splitIndex };
      return await new SplitAttempt(dependencies, target, new SinkBooks(dependencies, target)).run();
    }, metrics.failed),
    handOver: translated(async (input) => {
      const settings = pipelineSettings(dependencies, input.pipeline);
      return await new HandOver(dependencies, watch, settings, input).run(await requireFile(dependencies, input));
    }, metrics.failed),
    cancelFile: translated((input) => cancelFile(dependencies, input), metrics.failed),
  };
}

/** A file that is counted already goes into the totals all the same. */
export async function cancelFile({ sink, metrics, now }: ActivityDependencies, input: FileActivityInput): Promise<CancelFileResult> {
  const detail = `its workflow ${Context.current().info.workflowExecution?.workflowId ?? ''} was cancelled`;
  const status = await sink.quarantine({ ...input, reason: 'cancelled', detail, nowMs: now() });
  const isCancelled = status === null || status.version !== input.version || status.state === 'quarantined';
  if (isCancelled) metrics.filesQuarantined(input.pipeline, 'cancelled', 1);
  return { outcome: isCancelled ? 'cancelled' : 'too_late' };
}

function finishedElsewhere(splitIndex: number) {
  return { splitIndex, nextOffset: 0, records: 0, rejected: 0 };
}
