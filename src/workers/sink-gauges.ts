/** Gauges that are read from the sink from time to time: the file rows by state, what is not settled, and what did not come. */
import { FILE_STATES } from '../core/file-row';
import { LEFT_OUT_REASONS } from '../observability/metric-catalogue';
import type { Metrics } from '../observability/metrics';
import type { LeftOut, PipelineStatus, Sink } from '../sinks/sink';

const REFRESH_MS = 10_000;
/** A sink that takes longer for its answer is none, as far as an operator is concerned. */
const ANSWER_MS_MAX = 8_000;

/** Ends when `stop` aborts. A sink that does not answer leaves the last values, and is told to be down. */
export function refreshSinkGauges(sink: Sink, metrics: Metrics, pipelines: readonly string[], stop: AbortSignal): void {
  const refresh = () => Promise.all(pipelines.map((pipeline) => refreshPipeline(sink, metrics, pipeline)));
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
  void refresh();
}

async function refreshPipeline(sink: Sink, metrics: Metrics, pipeline: string): Promise<void> {
  const tooLong = setTimeout(() => metrics.set('tallyline_sink_up', { pipeline }, 0), ANSWER_MS_MAX);
  try {
    const status = await sink.readStatus({ pipeline });
    const expected = await sink.readExpected({ pipeline, nowMs: Date.now() });
    setStatus(metrics, pipeline, status);
    metrics.set('tallyline_expected_files_overdue', { pipeline }, expected.overdueFiles + expected.silentSources.length);
    metrics.set('tallyline_malformed_manifests', { pipeline }, expected.malformedManifests.length);
    metrics.set('tallyline_sink_up', { pipeline }, 1);
  } catch {
    metrics.set('tallyline_sink_up', { pipeline }, 0);
  } finally {
    clearTimeout(tooLong);
  }
}

function setStatus(metrics: Metrics, pipeline: string, { files, leftOut, pipeline: row }: PipelineStatus): void {
  for (const state of FILE_STATES) metrics.set('tallyline_files', { pipeline, state }, files[state]);
  metrics.set('tallyline_pipeline_stopped', { pipeline }, row.stopReason === null ? 0 : 1);
  setLeftOut(metrics, pipeline, leftOut);
  const unsettled = leftOut.filter(({ state }) => state === 'unsettled').reduce((sum, group) => sum + group.files, 0);
  metrics.set('tallyline_unsettled_files', { pipeline }, unsettled);
}

/** All periods together: the metric's labels stay bounded, `tallyline status` has them apart. */
function setLeftOut(metrics: Metrics, pipeline: string, leftOut: readonly LeftOut[]): void {
  for (const reason of LEFT_OUT_REASONS) {
    const groups = leftOut.filter((group) => (group.reason ?? group.state) === reason);
    const sum = (of: (group: LeftOut) => number) => groups.reduce((total, group) => total + of(group), 0);
    const oldest = groups.flatMap(({ oldestMs }) => oldestMs ?? []);
    metrics.set(
      'tallyline_left_out_files',
      { pipeline, reason },
      sum(({ files }) => files),
    );
    metrics.set(
      'tallyline_left_out_bytes',
      { pipeline, reason },
      sum(({ bytes }) => bytes),
    );
    metrics.set(
      'tallyline_left_out_lines',
      { pipeline, reason },
      sum(({ lines }) => lines),
    );
    const oldestSeconds = oldest.length === 0 ? 0 : Math.min(...oldest) / 1000;
    metrics.set('tallyline_left_out_oldest_timestamp_seconds', { pipeline, reason }, oldestSeconds);
  }
}
