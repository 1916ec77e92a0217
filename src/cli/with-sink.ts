/** The sink as commands see it: what asks must never create a database or register a pipeline, or a wrong path looks like no totals. */
import type { Config, PipelineConfig } from '../config/config';
import { showSink, toSinkOptions } from '../config/convert';
import { pipelineMeaning } from '../config/pipeline-meaning';
import { TallylineFailure } from '../core/failures';
import { openSink } from '../sinks/open-sink';
import { requireSameMeaning } from '../sinks/operations/pipelines';
import type { FileRow, Sink } from '../sinks/sink';
import { type CommonOptions } from './context';
import { loadPipeline } from './load-pipeline';

const FILE_ID = /^[0-9a-f]{32}$/;

/** Opens the sink for one pipeline that it knows by the meaning of the configuration, and closes it afterwards. */
export async function withSink(options: CommonOptions, work: (sink: Sink, pipeline: PipelineConfig) => Promise<void>): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  await withDatabase(config, async (sink) => {
    await requirePipeline(sink, config, pipeline);
    await work(sink, pipeline);
  });
}

/** Throws `sink_unavailable` where there is no database. */
export async function withDatabase(config: Config, work: (sink: Sink) => Promise<void>): Promise<void> {
  const sink = await openSink({ ...toSinkOptions(config), mustExist: true });
  try {
    await work(sink);
  } finally {
    await sink.close();
  }
}

/** Throws `config_invalid` for a pipeline that was never registered, `pipeline_differs` for one of another meaning. */
export async function requirePipeline(sink: Sink, config: Config, pipeline: PipelineConfig): Promise<void> {
  const { name, format } = pipeline;
  const rows = await sink.listPipelines();
  const row = rows.find((candidate) => candidate.pipeline === name);
  if (row === undefined) {
    const others = rows.length === 0 ? 'it has none' : `it has ${rows.map((other) => other.pipeline).join(', ')}`;
    throw new TallylineFailure(
      'config_invalid',
      `the database ${showSink(config)} has no pipeline ${name} yet (${others}), so nothing was counted under that name; ` +
        '`tallyline setup`, or a worker with this configuration, registers it',
    );
  }
  requireSameMeaning(row, { pipeline: name, meaning: pipelineMeaning(pipeline), scale: format.scale, unit: format.unit });
}

/** FILE is a sourceKey as `files` prints it (its latest generation), or a fileId. Throws `unknown_file`, also for a name that several sources have. */
export async function findFile(sink: Sink, pipeline: string, file: string): Promise<FileRow> {
  const byId = FILE_ID.test(file) ? await sink.readFile(file) : null;
  // A command names one pipeline, and shows what it does in the format of that one.
  if (byId?.pipeline === pipeline) return byId;
  const named = await sink.findFiles({ pipeline, sourceKey: file });
  const sources = [...new Set(named.map(({ sourceId }) => sourceId))];
  if (sources.length > 1)
    throw new TallylineFailure('unknown_file', `several sources have a file ${file} (${sources.join(', ')}); give its fileId`);
  const [found] = named;
  if (!found) throw new TallylineFailure('unknown_file', `pipeline ${pipeline} has no file ${file}`);
  return found;
}
