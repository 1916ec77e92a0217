/** The last step of a file workflow: mark the file counted, wake the aggregation, end when the totals hold the file. */
import { Context } from '@temporalio/activity';
import type { FileActivityInput, HandOverResult } from '../contracts/activity-types';
import type { FileResult } from '../contracts/workflow-types';
import { TallylineFailure } from '../core/failures';
import { HAND_OVER_WAIT_MS_MAX, WAKE_AGAIN_MS } from '../core/limits';
import type { FileRow, FileStatus } from '../sinks/sink';
import { retryNow } from './application-failure';
import type { ActivityDependencies, PipelineSettings } from './dependencies';
import { fileLabel } from './file-label';
import type { FileWatch } from './file-watch';

const HEARTBEATS_PER_TIMEOUT = 4;

export class HandOver {
  constructor(
    private readonly dependencies: ActivityDependencies,
    private readonly watch: FileWatch,
    private readonly runtime: PipelineSettings,
    private readonly input: FileActivityInput,
  ) {}

  /** Throws TallylineFailure with the code under which the file was set aside. */
  async run(row: FileRow): Promise<HandOverResult> {
    const { sink, metrics, now } = this.dependencies;
    const planDigest = (await this.currentPlanDigest(row)) ?? '';
    const marked = await sink.markCounted({ ...this.version(), planDigest, policies: this.runtime.policies, nowMs: now() });
    if (marked.outcome === 'incomplete') return { kind: 'incomplete' };
    if (marked.outcome === 'quarantined') metrics.filesQuarantined(this.runtime.pipeline, marked.reason, 1);
    // Also when it was counted before: whoever marked it may have died before its wake.
    if (marked.outcome === 'counted' || marked.outcome === 'already') await this.dependencies.wake(this.runtime.pipeline);
    return await this.outcome(await this.waitUntilApplied(), row);
  }

  private async currentPlanDigest(row: FileRow): Promise<string | null> {
    return row.planDigest ?? (await this.dependencies.sink.readFile(row.fileId))?.planDigest ?? null;
  }

  private async waitUntilApplied(): Promise<FileStatus> {
    const context = Context.current();
    const { version, fileId } = this.input;
    const tooLong = new AbortController();
    const limit = setTimeout(() => tooLong.abort(), HAND_OVER_WAIT_MS_MAX);
    const beat = setInterval(() => context.heartbeat(), (context.info.heartbeatTimeoutMs ?? 60_000) / HEARTBEATS_PER_TIMEOUT);
    const wakeAgain = setInterval(() => void this.dependencies.wakeAgain(this.runtime.pipeline).catch(() => undefined), WAKE_AGAIN_MS);
    const signal = AbortSignal.any([tooLong.signal, this.dependencies.draining]);
    try {
      // A cancel is not listened to here: once counted, the file goes into the totals.
      return await this.watch.wait(fileId, (status) => status.version !== version || status.state !== 'counted', signal);
    } catch (error) {
      if (this.dependencies.draining.aborted)
        throw retryNow('worker_draining', 'this worker shuts down while the file waits to be applied');
      if (tooLong.signal.aborted)
        throw new TallylineFailure('not_applied_yet', `${fileId} waits for the aggregation since ${HAND_OVER_WAIT_MS_MAX} ms`);
      throw error;
    } finally {
      clearTimeout(limit);
      clearInterval(beat);
      clearInterval(wakeAgain);
    }
  }

  private async outcome(status: FileStatus, row: FileRow): Promise<HandOverResult> {
    const isOurs = status.version === this.input.version;
    if (isOurs && (status.state === 'in' || status.state === 'alias')) {
      this.dependencies.metrics.published(this.runtime.pipeline, this.dependencies.now() - row.firstSeenMs, row.sizeBytes);
      return { kind: 'applied', result: await this.result(status.state, row) };
    }
    if (isOurs && status.state === 'counting') return { kind: 'incomplete' };
    if (isOurs && status.state === 'quarantined' && status.reason !== null) {
      throw new TallylineFailure(status.reason, `${row.sourceKey}: ${status.detail ?? 'set aside'}`);
    }
    if (isOurs && status.state === 'superseded')
      throw new TallylineFailure('superseded', `${row.sourceKey} was overtaken by a later generation`);
    throw new TallylineFailure(
      'fenced',
      `version ${this.input.version} of ${row.sourceKey}: the row is ${status.state} at version ${status.version}`,
    );
  }

  private async result(state: 'in' | 'alias', row: FileRow): Promise<FileResult> {
    const receipt = await this.dependencies.sink.readReceipt(row.fileId);
    if (receipt === null) throw new TallylineFailure('invariant_violated', `${row.sourceKey} is ${state} without a receipt`);
    const { bytes, plainBytes, lines, records, blanks, rejected, splits, contentDigest } = receipt;
    const sizes = { bytes, ...(plainBytes !== undefined && { plainBytes }) };
    return { state, file: fileLabel(row.sourceKey), ...sizes, lines, records, blanks, rejected, splits, contentDigest };
  }

  private version(): { fileId: string; version: number } {
    return { fileId: this.input.fileId, version: this.input.version };
  }
}
