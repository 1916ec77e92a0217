import { Context } from '@temporalio/activity';
import type { QuarantineReason } from '../core/failures';
import { fileIdOf } from '../kernel/digest';
import type { ListedFile } from '../sources/source';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';

export interface RegisteredFiles {
  readonly registered: number;
  readonly unsettled: number;
  readonly quarantined: number;
}

/** Compares one page of a listing with the file rows and registers what is settled. */
export async function registerFiles(
  dependencies: ActivityDependencies,
  runtime: PipelineRuntime,
  files: readonly ListedFile[],
): Promise<RegisteredFiles> {
  const { pipeline, source, quietPeriodMs, requireMarkedDone } = runtime;
  const { sourceId } = source;
  const { registered, unsettled, quarantined } = await dependencies.sink.registerPage({
    pipeline,
    sourceId,
    files: files.map((file) => ({ ...file, fileId: fileIdOf({ pipeline, sourceId, ...file }) })),
    nowMs: dependencies.now(),
    quietPeriodMs,
    requireMarkedDone,
  });
  let setAside = 0;
  for (const [reason, count] of Object.entries(quarantined) as [QuarantineReason, number][]) {
    if (count === 0) continue;
    setAside += count;
    // No workflow is started for these, so nothing else would tell.
    dependencies.metrics.filesQuarantined(pipeline, reason, count);
    Context.current().log.warn('files were set aside when they were listed', { pipeline, sourceId, reason, files: count });
  }
  return { registered, unsettled, quarantined: setAside };
}
