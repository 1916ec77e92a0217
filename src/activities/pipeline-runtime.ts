import { TallylineFailure } from '../core/failures';
import { configuredPipeline } from '../core/plan-name';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';

/** Throws `config_mismatch`, retried: a worker that knows the pipeline takes over. A plan is counted as its pipeline is, under its own name. */
export function pipelineRuntime(dependencies: ActivityDependencies, pipeline: string): PipelineRuntime {
  const runtime = dependencies.pipelines.get(configuredPipeline(pipeline));
  if (runtime === undefined) throw new TallylineFailure('config_mismatch', `this worker's configuration has no pipeline ${pipeline}`);
  return runtime.pipeline === pipeline ? runtime : { ...runtime, pipeline, meaning: { ...runtime.meaning, pipeline } };
}
