import { Context } from '@temporalio/activity';
import type { QuarantineReason } from '../core/failures';
import { fileIdOf } from '../kernel/digest';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';
import { ManifestReading, type PageToRegister } from './manifest-reading';

export interface RegisteredFiles {
  readonly registered: number;
  readonly unsettled: number;
  readonly quarantined: number;
}

/** Reads the manifests of one page of a listing, compares its files with the file rows, and registers what is settled. */
export async function registerFiles(
  dependencies: ActivityDependencies,
  runtime: PipelineRuntime,
  page: PageToRegister,
): Promise<RegisteredFiles> {
  const { pipeline, source, quietPeriodMs, requireMarkedDone, manifests } = runtime;
  const { sourceId } = source;
  await new ManifestReading(dependencies, runtime).read(page);
  const { registered, unsettled, quarantined } = await dependencies.sink.registerPage({
    pipeline,
    sourceId,
    files: page.files.map((file) => ({ ...file, fileId: fileIdOf({ pipeline, sourceId, ...file }) })),
    nowMs: dependencies.now(),
    quietPeriodMs,
    requireMarkedDone,
    ...(manifests && { manifests }),
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
