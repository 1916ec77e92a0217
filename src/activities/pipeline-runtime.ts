import { TallylineFailure } from '../core/failures';
import { configuredPipeline } from '../core/plan-name';
import type { CountingDependencies, PipelineRuntime, PipelineSettings } from './dependencies';

type Pipelines = Pick<CountingDependencies, 'pipelines'>;

/** Throws `config_mismatch`, retried: a worker that knows the pipeline takes over. A plan is counted as its pipeline is, under its own name. */
export function pipelineSettings({ pipelines }: Pipelines, pipeline: string): PipelineSettings {
  return named(pipelines.get(configuredPipeline(pipeline)), pipeline);
}

/** The same, where its files are read. */
export function pipelineRuntime({ pipelines }: Pipelines, pipeline: string): PipelineRuntime {
  const runtime = named(pipelines.get(configuredPipeline(pipeline)), pipeline);
  if ('source' in runtime) return runtime;
  throw new TallylineFailure('config_mismatch', `the files of pipeline ${pipeline} are read by agents, not by this worker`);
}

function named<Known extends PipelineSettings>(runtime: Known | undefined, pipeline: string): Known {
  if (runtime === undefined) throw new TallylineFailure('config_mismatch', `this worker's configuration has no pipeline ${pipeline}`);
  return runtime.pipeline === pipeline ? runtime : { ...runtime, pipeline, meaning: { ...runtime.meaning, pipeline } };
}
