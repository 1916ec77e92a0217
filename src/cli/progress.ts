/** A line of progress whenever something changed: files, bytes, rate. */
import type { Sink } from '../sinks/sink';

const PAUSE_MS_MIN = 2_000;
/** A look reads all rows: it may take a tenth of the sink's time at most. */
const PAUSES_PER_LOOK = 10;

export function printProgress(sink: Sink, pipelines: readonly string[], stop: AbortSignal, say: (line: string) => void): void {
  const before = new Map<string, { line: string; bytes: number; atMs: number }>();
  const look = async () => {
    for (const pipeline of pipelines) {
      const { files, bytesIn, pipeline: row } = await sink.readStatus({ pipeline });
      const last = before.get(pipeline);
      const nowMs = Date.now();
      const line = `${files.in} files in the totals (${megabytes(bytesIn)}), ${files.seen} waiting, ${files.counting} counting, ${files.counted} to be applied, ${files.quarantined} set aside`;
      if (line === last?.line) continue;
      const rate = last ? `${megabytes(((bytesIn - last.bytes) * 1000) / (nowMs - last.atMs))}/s` : '';
      before.set(pipeline, { line, bytes: bytesIn, atMs: nowMs });
      if (!stop.aborted) say(`${pipeline}: ${line} ${rate}${row.stopReason === null ? '' : `  STOPPED: ${row.stopReason}`}`);
    }
  };
  void lookAgainAndAgain(look, stop);
}

/** One look at a time: the next begins after a pause that grows with what the last one took. */
async function lookAgainAndAgain(look: () => Promise<void>, stop: AbortSignal): Promise<void> {
  for (let pauseMs = PAUSE_MS_MIN; ;) {
    await pauseUnlessStopped(pauseMs, stop);
    if (stop.aborted) return;
    const startedAtMs = Date.now();
    // Progress is talk: a sink that cannot answer now is told of elsewhere.
    await look().catch(() => undefined);
    pauseMs = Math.max(PAUSE_MS_MIN, PAUSES_PER_LOOK * (Date.now() - startedAtMs));
  }
}

/** Resolves after the time, or at once when it is stopped. */
export function pauseUnlessStopped(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
  });
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
