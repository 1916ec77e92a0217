import { fileIdOf } from '../kernel/digest';
import type { RegisterPageResult } from '../sinks/sink';
import type { ListedFile } from '../sources/source';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';

/** Compares one page of a listing with the file rows and registers what is settled. */
export async function registerFiles(
  dependencies: ActivityDependencies,
  runtime: PipelineRuntime,
  files: readonly ListedFile[],
): Promise<RegisterPageResult> {
  const { pipeline, source, quietPeriodMs, requireMarkedDone } = runtime;
  const { sourceId } = source;
  return await dependencies.sink.registerPage({
    pipeline,
    sourceId,
    files: files.map((file) => ({ ...file, fileId: fileIdOf({ pipeline, sourceId, ...file }) })),
    nowMs: dependencies.now(),
    quietPeriodMs,
    requireMarkedDone,
  });
}
