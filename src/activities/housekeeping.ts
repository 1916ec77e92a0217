/** What is kept for a time only: plans that can be applied no more, contributions and samples of rejects that are older than is kept. */
import { Context } from '@temporalio/activity';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';

const BY_RETENTION = 'retention';

/** A bounded piece of it with each scan. A fault here is told and must not fail the scan. */
export async function keepHouse({ sink, now }: ActivityDependencies, { pipeline, retention }: PipelineRuntime): Promise<void> {
  const nowMs = now();
  try {
    await sink.expirePlans({ pipeline, nowMs });
    await sink.eraseSamples({ pipeline, beforeMs: nowMs - retention.rejectSamplesMs });
    const beforeMs = nowMs - retention.contributionsMs;
    await sink.prune({ pipeline, beforeMs, by: BY_RETENTION, reason: `older than ${new Date(beforeMs).toISOString()}`, nowMs });
  } catch (error) {
    Context.current().log.warn('what is older than is kept could not be removed', { pipeline, error: String(error) });
  }
}
