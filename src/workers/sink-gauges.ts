/** Gauges that are read from the sink from time to time: the file rows by state, what is not settled, and what did not come. */
import { FILE_STATES } from '../core/file-row';
import { LEFT_OUT_REASONS } from '../observability/metric-catalogue';
import type { Metrics } from '../observability/metrics';
import type { LeftOut, Sink } from '../sinks/sink';

const REFRESH_MS = 10_000;

/** Ends when `stop` aborts. A sink that does not answer leaves the last values. */
export function refreshSinkGauges(sink: Sink, metrics: Metrics, pipelines: readonly string[], stop: AbortSignal): void {
  const refresh = async () => {
    for (const pipeline of pipelines) {
      const { files, leftOut } = await sink.readStatus({ pipeline });
      for (const state of FILE_STATES) metrics.set('tallyline_files', { pipeline, state }, files[state]);
      setLeftOut(metrics, pipeline, leftOut);
      const unsettled = leftOut.filter(({ state }) => state === 'unsettled').reduce((sum, group) => sum + group.files, 0);
      metrics.set('tallyline_unsettled_files', { pipeline }, unsettled);
      const { overdueFiles, silentSources, malformedManifests } = await sink.readExpected({ pipeline, nowMs: Date.now() });
      metrics.set('tallyline_expected_files_overdue', { pipeline }, overdueFiles + silentSources.length);
      metrics.set('tallyline_malformed_manifests', { pipeline }, malformedManifests.length);
    }
  };
  const timer = setInterval(() => void refresh().catch(() => undefined), REFRESH_MS);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
  void refresh().catch(() => undefined);
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
