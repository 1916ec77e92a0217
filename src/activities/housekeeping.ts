/** What is kept for a time only: plans that can be applied no more, contributions and samples of rejects that are older than is kept. */
import { Context } from '@temporalio/activity';
import type { ActivityDependencies, PipelineSettings } from './dependencies';

const BY_RETENTION = 'retention';

/** A bounded piece of it with each scan. A fault here is told and must not fail the scan, nor keep the rest from being removed. */
export async function keepHouse({ sink, now }: ActivityDependencies, { pipeline, retention }: PipelineSettings): Promise<void> {
  const nowMs = now();
  const beforeMs = nowMs - retention.contributionsMs;
  const work = [
    () => sink.collectBlobs({ nowMs }),
    () => sink.expirePlans({ pipeline, nowMs }),
    () => sink.eraseSamples({ pipeline, beforeMs: nowMs - retention.rejectSamplesMs }),
    () => sink.prune({ pipeline, beforeMs, by: BY_RETENTION, reason: `older than ${new Date(beforeMs).toISOString()}`, nowMs }),
  ];
  for (const remove of work) {
    try {
      await remove();
    } catch (error) {
      Context.current().log.warn('what is older than is kept could not be removed', { pipeline, error: String(error) });
    }
  }
}
