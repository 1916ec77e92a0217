/** Which source of a pipeline a command is about: the configured one, or that of an agent, which only its volume knows. */
import { Option, type Command } from 'commander';
import type { PipelineConfig } from '../config/config';
import { TallylineFailure } from '../core/failures';

export interface SourceChoice {
  readonly source?: string;
}

export function withSource(command: Command): Command {
  return command.addOption(new Option('--source <id>', 'the source of one agent, where agents have the files of the pipeline'));
}

/** Throws config_invalid where none or another one is named. */
export function sourceIdOf({ name, source }: PipelineConfig, { source: wanted }: SourceChoice): string {
  if (source.kind === 'agent') {
    if (wanted !== undefined) return wanted;
    throw new TallylineFailure('config_invalid', `the files of pipeline ${name} lie with agents; name the source of one with --source`);
  }
  if (wanted === undefined || wanted === source.id) return source.id;
  throw new TallylineFailure('config_invalid', `pipeline ${name} has the source ${source.id}, not ${wanted}`);
}

/** For what goes to agents alone: undefined where the workers read the files themselves. */
export function agentOf(pipeline: PipelineConfig, choice: SourceChoice): string | undefined {
  const sourceId = sourceIdOf(pipeline, choice);
  return pipeline.source.kind === 'agent' ? sourceId : undefined;
}
