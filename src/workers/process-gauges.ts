/** Gauges that a process knows by itself: what is configured, its disks, its counting threads. */
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { Config, PipelineConfig } from '../config/config';
import { longestGapMs } from '../config/cron';
import type { ThreadPool } from '../kernel/thread-pool';
import type { Metrics } from '../observability/metrics';

const REFRESH_MS = 10_000;

type Load = Pick<ThreadPool, 'load'>;

interface Place {
  readonly place: 'sink' | 'temporary';
  readonly folder: string;
}

/** Ends when `stop` aborts. */
export function refreshProcessGauges(config: Config, metrics: Metrics, pool: Load, stop: AbortSignal): void {
  for (const pipeline of config.pipelines) setConfigured(metrics, pipeline);
  refreshLoadGauges(metrics, pool, stop, sinkPlace(config));
}

/** Of a process that has no database, too. */
export function refreshLoadGauges(metrics: Metrics, pool: Load, stop: AbortSignal, more: readonly Place[] = []): void {
  const places: readonly Place[] = [{ place: 'temporary', folder: tmpdir() }, ...more];
  const refresh = async () => {
    const { busy, idle, waiting } = pool.load();
    metrics.set('tallyline_counting_threads', { state: 'busy' }, busy);
    metrics.set('tallyline_counting_threads', { state: 'idle' }, idle);
    metrics.set('tallyline_waiting_splits', {}, waiting);
    for (const { place, folder } of places) await setDisk(metrics, place, folder);
  };
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
  void refresh();
}

/** What is held against the clock begins now, so that a start is no alarm. */
function setConfigured(metrics: Metrics, { name: pipeline, schedule, verify }: PipelineConfig): void {
  const nowMs = Date.now();
  const intervalMs = 'cron' in schedule ? longestGapMs(schedule.cron, nowMs) : schedule.everyMs;
  metrics.set('tallyline_scan_interval_seconds', { pipeline }, intervalMs / 1000);
  metrics.set('tallyline_verify_interval_seconds', { pipeline }, verify.everyMs / 1000);
  metrics.set('tallyline_last_complete_scan_timestamp_seconds', { pipeline }, nowMs / 1000);
  metrics.set('tallyline_last_verify_timestamp_seconds', { pipeline }, nowMs / 1000);
}

function sinkPlace({ sink }: Config): readonly Place[] {
  return sink.kind === 'sqlite' ? [{ place: 'sink', folder: dirname(sink.path) }] : [];
}

/** A disk that cannot be asked leaves the last values. */
async function setDisk(metrics: Metrics, place: Place['place'], folder: string): Promise<void> {
  const disk = await statfs(folder).catch(() => null);
  if (disk === null) return;
  metrics.set('tallyline_disk_free_bytes', { place }, disk.bavail * disk.bsize);
  metrics.set('tallyline_disk_size_bytes', { place }, disk.blocks * disk.bsize);
}
