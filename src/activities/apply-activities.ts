/** The apply role: moves counted files into the totals, batch by batch, as long as there are any. */
import { Context } from '@temporalio/activity';
import type { ApplyActivities } from '../contracts/activity-types';
import { APPLY_STRETCH_MS_MAX } from '../core/limits';
import { translated } from './application-failure';
import type { ActivityDependencies } from './dependencies';
import type { FileWatch } from './file-watch';
import { pipelineRuntime } from './pipeline-runtime';
import { pause } from './pause';

const HEARTBEAT_MS = 5_000;
/** Looks again this often before it ends: files that are counted meanwhile cost no further activity. */
const LINGER_MS = 100;
const EMPTY_LOOKS_MAX = 5;

export function createApplyActivities(dependencies: ActivityDependencies, watch: FileWatch): ApplyActivities {
  const { sink, metrics, now } = dependencies;
  return {
    applyCounted: translated(async (input) => {
      const context = Context.current();
      const { policies } = pipelineRuntime(dependencies, input.pipeline);
      const endsAtMs = now() + APPLY_STRETCH_MS_MAX;
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
      let applied = 0;
      let remaining = 0;
      try {
        for (let emptyLooks = 0; emptyLooks < EMPTY_LOOKS_MAX && now() < endsAtMs && !isEnding(context);) {
          const startedAtMs = now();
          const batch = await sink.apply({ pipeline: input.pipeline, policies, nowMs: startedAtMs });
          remaining = batch.remaining;
          applied += batch.outcomes.length;
          if (batch.outcomes.length > 0) {
            metrics.applied(input.pipeline, batch.outcomes, (now() - startedAtMs) / 1000);
            watch.poke();
            emptyLooks = 0;
          } else {
            emptyLooks += 1;
            await pause(LINGER_MS, context.cancellationSignal);
          }
        }
      } finally {
        clearInterval(beat);
      }
      return { applied, remaining };
    }, metrics.failed),
  };

  function isEnding(context: Context): boolean {
    return context.cancellationSignal.aborted || dependencies.draining.aborted;
  }
}
