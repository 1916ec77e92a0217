/** What most commands need: the configuration, one pipeline of it, the sink, a Temporal client. Each is opened only when asked for. */
import type { Command } from 'commander';
import { Client, Connection } from '@temporalio/client';
import type { Config, PipelineConfig } from '../config/config';
import { toSinkOptions } from '../config/convert';
import { loadConfig } from '../config/load-config';
import { TallylineFailure } from '../core/failures';
import { openSink } from '../sinks/open-sink';
import type { FileRow, Sink } from '../sinks/sink';
import { registerPipelines } from '../workers/pipelines';

const CONNECT_TIMEOUT = '5s';
const FILE_ID = /^[0-9a-f]{32}$/;

export interface CommonOptions {
  readonly config: string;
  readonly pipeline?: string;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration', process.env['TALLYLINE_CONFIG'] ?? 'tallyline.yaml')
    .option('--pipeline <name>', 'which pipeline; may be left out where there is only one');
}

export function loadPipeline(options: CommonOptions): { config: Config; pipeline: PipelineConfig } {
  const config = loadConfig(options.config);
  const names = config.pipelines.map((pipeline) => pipeline.name).join(', ');
  const wanted = options.pipeline ?? (config.pipelines.length === 1 ? config.pipelines[0]?.name : undefined);
  if (wanted === undefined)
    throw new TallylineFailure('config_invalid', `${options.config} has several pipelines (${names}); name one with --pipeline`);
  const pipeline = config.pipelines.find((candidate) => candidate.name === wanted);
  if (pipeline === undefined) throw new TallylineFailure('config_invalid', `${options.config} has no pipeline ${wanted}, only ${names}`);
  return { config, pipeline };
}

/** Opens the sink, makes sure the configuration means what the sink holds, and closes it afterwards. */
export async function withSink<Result>(
  options: CommonOptions,
  work: (sink: Sink, pipeline: PipelineConfig) => Promise<Result>,
): Promise<Result> {
  const { config, pipeline } = loadPipeline(options);
  const sink = await openSink(toSinkOptions(config));
  try {
    await registerPipelines(sink, { ...config, pipelines: [pipeline] });
    return await work(sink, pipeline);
  } finally {
    await sink.close();
  }
}

/** Throws `temporal_unavailable` when nothing answers at the configured address. */
export async function withTemporal<Result>(
  config: Config,
  work: (client: Client, connection: Connection) => Promise<Result>,
): Promise<Result> {
  const { address, namespace } = config.temporal;
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT }).catch((error: unknown) => {
    throw new TallylineFailure('temporal_unavailable', `no Temporal server answers at ${address}`, { cause: error });
  });
  try {
    return await work(new Client({ connection, namespace }), connection);
  } finally {
    await connection.close();
  }
}

/** FILE is a sourceKey as `files` prints it (its latest generation), or a fileId. Throws `unknown_file`. */
export async function findFile(sink: Sink, pipeline: string, file: string): Promise<FileRow> {
  const byId = FILE_ID.test(file) ? await sink.readFile(file) : null;
  const found = byId ?? (await sink.findFiles({ pipeline, sourceKey: file }))[0];
  if (!found) throw new TallylineFailure('unknown_file', `pipeline ${pipeline} has no file ${file}`);
  return found;
}
