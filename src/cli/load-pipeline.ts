/** What most commands begin with: the configuration, and one pipeline of it or all. */
import type { Config, PipelineConfig } from '../config/config';
import { loadConfig } from '../config/load-config';
import { TallylineFailure } from '../core/failures';
import type { CommonOptions } from './context';

export function loadPipeline(options: CommonOptions): { config: Config; pipeline: PipelineConfig } {
  const { config, pipelines } = loadPipelines(options);
  const [pipeline, another] = pipelines;
  if (pipeline === undefined || another !== undefined)
    throw new TallylineFailure('config_invalid', `${options.config} has several pipelines (${namesOf(config)}); name one with --pipeline`);
  return { config, pipeline };
}

/** The pipeline that is named, or all. */
export function loadPipelines(options: CommonOptions): { config: Config; pipelines: readonly PipelineConfig[] } {
  const config = loadConfig(options.config);
  const { pipeline: wanted } = options;
  const pipelines = config.pipelines.filter(({ name }) => wanted === undefined || name === wanted);
  if (pipelines.length === 0)
    throw new TallylineFailure('config_invalid', `${options.config} has no pipeline ${wanted ?? ''}, only ${namesOf(config)}`);
  return { config, pipelines };
}

function namesOf(config: Config): string {
  return config.pipelines.map(({ name }) => name).join(', ');
}
