/** The scan role: list the source, register what is settled, say what is to be started. */
import { Context } from '@temporalio/activity';
import type {
  ListSourceInput,
  ListSourceResult,
  NextFilesInput,
  NextFilesResult,
  ScanActivities,
  WatchFilesResult,
} from '../contracts/activity-types';
import { isTerminal } from '../core/file-row';
import { START_BATCH_FILES_MAX, WINDOW_WAIT_MS_MAX } from '../core/limits';
import { translated } from './application-failure';
import { listBackfill } from './backfill-listing';
import { FileDisposals } from './dispose-files';
import { heartbeating } from './heartbeating';
import { keepHouse } from './housekeeping';
import type { ActivityDependencies } from './dependencies';
import { listStretch } from './list-stretch';
import { OverdueAlert } from './overdue-alert';
import { pause } from './pause';
import { pipelineRuntime, pipelineSettings } from './pipeline-runtime';
import { registerFiles } from './register-files';
import { toStartableFiles } from './startable-files';

const WINDOW_POLL_MS = 250;
const WATCH_POLL_MS = 500;

export function createScanActivities(dependencies: ActivityDependencies): ScanActivities {
  const { sink, metrics, now } = dependencies;
  const overdue = new OverdueAlert(dependencies);
  const disposals = new FileDisposals(dependencies);

  async function listSource(input: ListSourceInput): Promise<ListSourceResult> {
    const runtime = pipelineRuntime(dependencies, input.pipeline);
    const { source } = runtime;
    const counts = { listed: 0, registered: 0, unsettled: 0, quarantined: 0, listRequests: 0 };
    const { cursor, pipeline } = input;
    let { problem } = input;
    const { sourceId } = source;
    if (cursor === null) await sink.expectArrivals({ pipeline, sourceId, everyMs: runtime.expect.everyMs, nowMs: now() });
    const next = await listStretch(source, { cursor, now }, async (page) => {
      counts.listRequests += page.requests;
      metrics.listed(pipeline, page.requests);
      const registered = await registerFiles(dependencies, runtime, page);
      counts.listed += page.files.length;
      counts.registered += registered.registered;
      counts.unsettled += registered.unsettled;
      counts.quarantined += registered.quarantined;
      problem ??= page.problem;
    });
    if (next !== null) return { ...counts, problem, cursor: next };
    await overdue.check(pipeline);
    if (problem === null) {
      await sink.forgetUnsettled({ pipeline, sourceId, beforeMs: input.startedAtMs });
      await sink.forgetManifests({ pipeline, sourceId, beforeMs: input.startedAtMs });
      metrics.scanned(pipeline, 'complete');
      await keepHouse(dependencies, runtime);
      await disposals.run(runtime);
    }
    return { ...counts, problem, cursor: null };
  }

  /** The hint to the aggregation may have been lost with the worker that owed it. */
  async function wakeIfCountedFilesWait(pipeline: string): Promise<void> {
    const counted = await sink.listFiles({ pipeline, states: ['counted'], afterSequence: 0, limit: 1 });
    if (counted.length > 0) await dependencies.wake(pipeline);
  }

  async function nextFiles(input: NextFilesInput): Promise<NextFilesResult> {
    const { pipeline, phase: state, afterSequence, windowFiles } = input;
    const { sourceId = pipelineRuntime(dependencies, pipeline).source.sourceId } = input;
    const ask = { pipeline, sourceId, state, afterSequence, windowFiles, limitFiles: START_BATCH_FILES_MAX };
    const context = Context.current();
    const endsAtMs = now() + WINDOW_WAIT_MS_MAX;
    for (;;) {
      const next = await sink.filesToStart(ask);
      const isOver = next.files.length > 0 || !next.hasMore || now() >= endsAtMs;
      if (isOver || context.cancellationSignal.aborted || dependencies.draining.aborted) {
        // A window full of counted files opens only when they are applied, and whoever owed them the wake may be gone.
        if (next.files.length === 0 && next.hasMore) await wakeIfCountedFilesWait(input.pipeline);
        const files = toStartableFiles(next.files);
        const lastSequence = next.files[files.length - 1]?.sequence ?? input.afterSequence;
        return { files, lastSequence, hasMore: next.hasMore || files.length < next.files.length };
      }
      context.heartbeat(next.inFlight);
      await pause(WINDOW_POLL_MS, context.cancellationSignal);
    }
  }

  /** Counts the files by state once all are done, or after a bounded time as they are then. */
  async function watchFiles(fileIds: readonly string[]): Promise<WatchFilesResult> {
    const context = Context.current();
    const endsAtMs = now() + WINDOW_WAIT_MS_MAX;
    for (;;) {
      const statuses = await sink.readStatuses(fileIds);
      const pendingFileIds = statuses.filter(({ state }) => !isTerminal(state)).map(({ fileId }) => fileId);
      if (pendingFileIds.length === 0 || now() >= endsAtMs || context.cancellationSignal.aborted || dependencies.draining.aborted) {
        const states: Record<string, number> = {};
        for (const { state } of statuses) states[state] = (states[state] ?? 0) + 1;
        return { states, pendingFileIds };
      }
      context.heartbeat();
      await pause(WATCH_POLL_MS, context.cancellationSignal);
    }
  }

  return {
    readScanSettings: translated(async ({ pipeline, startDelayMs }) => {
      if (startDelayMs !== undefined) metrics.scanStarted(pipeline, startDelayMs);
      const { scanSettings } = pipelineSettings(dependencies, pipeline);
      // Whatever becomes of the listing: what is counted must not wait for the source.
      await wakeIfCountedFilesWait(pipeline);
      const row = await sink.readPipeline(pipeline);
      const waiting = await sink.listFiles({ pipeline, states: ['seen', 'counting'], afterSequence: 0, limit: 1 });
      return { ...scanSettings, stopReason: row?.stopReason ?? null, nowMs: now(), hasWaiting: waiting.length > 0 };
    }, metrics.failed),
    listSource: translated((input) => heartbeating(() => listSource(input)), metrics.failed),
    nextFiles: translated(nextFiles, metrics.failed),
    reportIncompleteScan: translated(async ({ pipeline, problem }) => {
      Context.current().log.warn('a scan ended without having seen everything', { pipeline, problem });
      metrics.scanned(pipeline, 'incomplete');
    }, metrics.failed),
    listBackfill: translated((input) => heartbeating(() => listBackfill(dependencies, input)), metrics.failed),
    watchFiles: translated((input) => watchFiles(input.fileIds), metrics.failed),
  };
}
