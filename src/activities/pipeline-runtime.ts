import { TallylineFailure } from '../core/failures';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';

/** Throws `config_mismatch`, retried: a worker that knows the pipeline takes over. */
export function pipelineRuntime(dependencies: ActivityDependencies, pipeline: string): PipelineRuntime {
  const runtime = dependencies.pipelines.get(pipeline);
  if (runtime === undefined) throw new TallylineFailure('config_mismatch', `this worker's configuration has no pipeline ${pipeline}`);
  return runtime;
}
