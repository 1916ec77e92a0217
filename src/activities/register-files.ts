import { Context } from '@temporalio/activity';
import type { QuarantineReason } from '../core/failures';
import { fileIdOf } from '../kernel/digest';
import type { ActivityDependencies, PipelineRuntime, PipelineSettings } from './dependencies';
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
  await new ManifestReading(dependencies, runtime).read(page);
  return await compareAndRegister(
    dependencies,
    { settings: runtime, sourceId: runtime.source.sourceId, nowMs: dependencies.now() },
    page.files,
  );
}

/** The part of it that needs no source. */
export async function compareAndRegister(
  dependencies: ActivityDependencies,
  { settings, sourceId, nowMs }: { readonly settings: PipelineSettings; readonly sourceId: string; readonly nowMs: number },
  files: PageToRegister['files'],
): Promise<RegisteredFiles> {
  const { pipeline, quietPeriodMs, requireMarkedDone, manifests } = settings;
  const { registered, unsettled, quarantined } = await dependencies.sink.registerPage({
    pipeline,
    sourceId,
    files: files.map((file) => ({ ...file, fileId: fileIdOf({ pipeline, sourceId, ...file }) })),
    nowMs,
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
