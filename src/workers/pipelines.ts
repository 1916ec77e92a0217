/** Turns the configuration into what activities act on, and refuses a pipeline whose stored meaning is another. */
import type { PipelineRuntime, PipelineSettings } from '../activities/dependencies';
import type { Config, PipelineConfig } from '../config/config';
import { toAfterCounting, toCompression, toFormat, toPeriodRule, toPolicies, toSourceOptions } from '../config/convert';
import { pipelineMeaning } from '../config/pipeline-meaning';
import { plainBytesMax } from '../core/compression';
import { AUTOMATIC_SPLIT_BYTES_MIN } from '../core/limits';
import type { PipelineMeaning, Sink } from '../sinks/sink';
import { openSource } from '../sources/open-source';
import type { SourceOptions } from '../sources/source-options';

export type PipelineRuntimes = ReadonlyMap<string, PipelineSettings | PipelineRuntime>;

/** With the sources that this process reads: all but those of agents. */
export function createPipelineRuntimes(config: Config): PipelineRuntimes {
  return new Map(
    config.pipelines.map((pipeline) => {
      const settings = createSettings(config, pipeline);
      return [pipeline.name, pipeline.source.kind === 'agent' ? settings : withSource(settings, toSourceOptions(pipeline))];
    }),
  );
}

export function createAgentRuntime(config: Config, pipeline: PipelineConfig, sourceId: string): PipelineRuntime {
  return withSource(createSettings(config, pipeline), { ...toSourceOptions(pipeline), sourceId });
}

export function sourcesOf(pipelines: PipelineRuntimes): readonly PipelineRuntime[] {
  return [...pipelines.values()].filter((pipeline): pipeline is PipelineRuntime => 'source' in pipeline);
}

function withSource(settings: PipelineSettings, sourceOptions: SourceOptions): PipelineRuntime {
  return { ...settings, source: openSource(sourceOptions), sourceOptions };
}

/** Throws `pipeline_differs`: sums of two meanings are never added up. */
export async function registerPipelines(sink: Sink, config: Config): Promise<void> {
  for (const pipeline of config.pipelines) await sink.ensurePipeline(meaningOf(pipeline));
}

function meaningOf(pipeline: PipelineConfig): PipelineMeaning {
  const { scale, unit } = pipeline.format;
  return { pipeline: pipeline.name, meaning: pipelineMeaning(pipeline), scale, unit };
}

function createSettings(config: Config, pipeline: PipelineConfig): PipelineSettings {
  const { source } = pipeline;
  const compression = toCompression(pipeline);
  const afterCounting = toAfterCounting(pipeline);
  const wholeFileBytesMax = pipeline.splitBytes ?? AUTOMATIC_SPLIT_BYTES_MIN;
  return {
    pipeline: pipeline.name,
    meaning: meaningOf(pipeline),
    quietPeriodMs: pipeline.source.quietPeriodMs,
    requireMarkedDone: pipeline.source.doneMarker !== undefined,
    ...(source.kind !== 'agent' && source.manifest && { manifests: { isRequired: source.manifest.required } }),
    expect: { everyMs: pipeline.expect.everyMs ?? null, withinMs: pipeline.expect.withinMs },
    format: toFormat(pipeline),
    compression,
    periodRule: toPeriodRule(pipeline),
    policies: toPolicies(pipeline),
    retention: pipeline.retention,
    ...(afterCounting && { afterCounting }),
    ...(pipeline.splitBytes !== undefined && { splitBytes: pipeline.splitBytes }),
    checkpointBytes: pipeline.checkpoint.bytes,
    checkpointIntervalMs: pipeline.checkpoint.intervalMs,
    readBytesPerSecond: config.worker.readBytesPerSecond,
    share: {
      name: pipeline.name,
      threadsMax: pipeline.limits.threads ?? Infinity,
      readBytesPerSecond: pipeline.limits.readBytesPerSecond,
    },
    scanSettings: {
      windowFiles: pipeline.window.files,
      ...(source.kind === 'agent' && { agentAwayAfterMs: source.awayAfterMs }),
      file: {
        wholeFileBytesMax,
        ...(compression.mode !== 'none' && { wholeFilePlainBytesMax: plainBytesMax(compression, wholeFileBytesMax) }),
        windowSplits: pipeline.window.splits,
        heartbeatTimeoutMs: pipeline.heartbeatTimeoutMs,
      },
    },
  };
}
