/** Gauges that are read from the sink from time to time: the file rows by state, and what is not settled. */
import { FILE_STATES } from '../core/file-row';
import type { Metrics } from '../observability/metrics';
import type { Sink } from '../sinks/sink';

const REFRESH_MS = 10_000;

/** Ends when `stop` aborts. A sink that does not answer leaves the last values. */
export function refreshSinkGauges(sink: Sink, metrics: Metrics, pipelines: readonly string[], stop: AbortSignal): void {
  const refresh = async () => {
    for (const pipeline of pipelines) {
      const { files, leftOut } = await sink.readStatus({ pipeline });
      for (const state of FILE_STATES) metrics.set('tallyline_files', { pipeline, state }, files[state]);
      const unsettled = leftOut.filter(({ state }) => state === 'unsettled').reduce((sum, group) => sum + group.files, 0);
      metrics.set('tallyline_unsettled_files', { pipeline }, unsettled);
    }
  };
  const timer = setInterval(() => void refresh().catch(() => undefined), REFRESH_MS);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
  void refresh().catch(() => undefined);
}
