/** The apply role: moves counted files into the totals, batch by batch, as long as there are any. */
import { Context } from '@temporalio/activity';
import type { ApplyActivities, ApplyCountedResult, PipelineInput } from '../contracts/activity-types';
import { TallylineFailure } from '../core/failures';
import { APPLY_REST_FACTOR, APPLY_REST_MS_MAX, APPLY_STRETCH_MS_MAX, FAILURE_DETAIL_CHARACTERS_MAX } from '../core/limits';
import { translated } from './application-failure';
import type { ApplyLoop, ApplyLoops } from './apply-loops';
import type { ActivityDependencies } from './dependencies';
import type { FileWatch } from './file-watch';
import { heartbeating } from './heartbeating';
import { pipelineSettings } from './pipeline-runtime';
import { createPlanActivities } from './plan-activities';
import { pause } from './pause';

/** Looks again this often before it ends: files that are counted meanwhile cost no further activity. */
const LINGER_MS = 100;
const EMPTY_LOOKS_MAX = 5;
/** A fault that nobody foresaw is a defect: from this attempt on it stops the pipeline instead of being tried for ever. Outages count as attempts too. */
const UNFORESEEN_ATTEMPTS_MAX = 10;

/**
 * A batch writes every total that its files touch, and most files touch the same ones: ten files in one transaction cost little more than
 * one. So while files keep coming, those that are counted within a few times the length of the last batch share the next one.
 */
function restMs(batchMs: number): number {
  return Math.min(APPLY_REST_FACTOR * batchMs, APPLY_REST_MS_MAX);
}

export function createApplyActivities(dependencies: ActivityDependencies, watch: FileWatch, loops: ApplyLoops): ApplyActivities {
  const { sink, metrics, now } = dependencies;

  async function applyCounted(input: PipelineInput): Promise<ApplyCountedResult> {
    const loop = loops.begin(input.pipeline);
    try {
      const result = await applyWhileFilesCome(input, loop);
      return loop.takeAsked() ? { ...result, remaining: Math.max(result.remaining, 1) } : result;
    } finally {
      loop.end();
    }
  }

  async function applyWhileFilesCome({ pipeline }: PipelineInput, loop: ApplyLoop): Promise<ApplyCountedResult> {
    const context = Context.current();
    const { policies } = pipelineSettings(dependencies, pipeline);
    const endsAtMs = now() + APPLY_STRETCH_MS_MAX;
    let applied = 0;
    let remaining = 0;
    for (let emptyLooks = 0; emptyLooks < EMPTY_LOOKS_MAX && now() < endsAtMs && !isEnding(context);) {
      const startedAtMs = now();
      // What was counted before this look is in it.
      if (loop.takeAsked()) emptyLooks = 0;
      const batch = await sink.apply({ pipeline, policies, nowMs: startedAtMs });
      remaining = batch.remaining;
      applied += batch.outcomes.length;
      if (batch.outcomes.length > 0) {
        metrics.applied(pipeline, batch.outcomes, (now() - startedAtMs) / 1000);
        watch.poke();
        emptyLooks = 0;
        if (batch.remaining === 0) await pause(restMs(now() - startedAtMs), context.cancellationSignal);
      } else {
        emptyLooks += 1;
        await pause(LINGER_MS, context.cancellationSignal);
      }
    }
    return { applied, remaining, stopReason: null };
  }

  /** A stop is no failure: it is a state that is looked at again. */
  async function unlessStopped(input: PipelineInput): Promise<ApplyCountedResult> {
    try {
      return await heartbeating(() => applyCounted(input));
    } catch (error) {
      await stopIfUnforeseen(input, error);
      const row = await sink.readPipeline(input.pipeline);
      if (row === null || row.stopReason === null) throw error;
      const { stopReason } = row;
      Context.current().log.warn('nothing is applied: the pipeline is stopped', { ...input, code: 'pipeline_stopped', stopReason });
      metrics.failed('pipeline_stopped', input.pipeline);
      return { applied: 0, remaining: 0, stopReason };
    }
  }

  async function stopIfUnforeseen({ pipeline }: PipelineInput, error: unknown): Promise<void> {
    if (error instanceof TallylineFailure || Context.current().info.attempt < UNFORESEEN_ATTEMPTS_MAX) return;
    const reason = `apply fails: ${error instanceof Error ? error.message : String(error)}`.slice(0, FAILURE_DETAIL_CHARACTERS_MAX);
    await sink.stop({ pipeline, by: 'apply', reason, nowMs: now() });
  }

  function isEnding(context: Context): boolean {
    return context.cancellationSignal.aborted || dependencies.draining.aborted;
  }

  return { applyCounted: translated(unlessStopped, metrics.failed), ...createPlanActivities(dependencies) };
}
