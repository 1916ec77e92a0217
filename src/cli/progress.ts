/** A line of progress whenever something changed: files, bytes, rate. */
import type { Sink } from '../sinks/sink';

const EVERY_MS = 2_000;

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
  const timer = setInterval(() => void look().catch(() => undefined), EVERY_MS);
  stop.addEventListener('abort', () => clearInterval(timer), { once: true });
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
