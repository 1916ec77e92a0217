/** One attempt to count one split: resume from the last checkpoint, heartbeat each new one, store the partial, report faults. */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { CountSplitResult } from '../contracts/activity-types';
import { isSpanningRecord } from '../core/content-fault';
import { isQuarantineReason, TallylineFailure } from '../core/failures';
import { READ_SILENCE_MS_MAX, UNREADABLE_ATTEMPTS_MAX, WORKER_LOST_TIMES_MAX } from '../core/limits';
import { requireKnownGrammar } from '../core/plan';
import { afterAdvance, afterBegin, afterReportedFailure, NO_HISTORY, unreadableDelayMs } from '../core/split-attempts';
import type { PutBlobResult } from '../sinks/sink';
import { CountThreadLost } from '../kernel/count-worker';
import type { CountedSplit } from '../kernel/thread-messages';
import type { CountingDependencies } from './dependencies';
import { retryAfter, retryNow } from './application-failure';
import { AttemptPulse } from './attempt-pulse';
import { CheckpointWriter } from './checkpoint-writer';
import { parseSplitHeartbeat, type CheckpointReference, type SplitHeartbeat } from './split-heartbeat';
import { replacedElsewhere } from './replace-plan';
import { readResumeBlob } from './resume-blob';
import type { SplitBooks, SplitToCount } from './split-books';

const HEARTBEAT_TIMEOUT_MS_DEFAULT = 60_000;

export class SplitAttempt {
  /** Taken once: the callbacks of a counting thread run in the async context of whichever attempt started that thread. */
  private readonly context = Context.current();
  private readonly pulse: AttemptPulse;
  private readonly checkpoints: CheckpointWriter;
  private heartbeat: SplitHeartbeat;

  constructor(
    private readonly dependencies: CountingDependencies,
    private readonly target: SplitToCount,
    private readonly books: SplitBooks,
  ) {
    const { planDigest, splitIndex, plan } = target;
    const last = parseSplitHeartbeat((this.context.info.heartbeatDetails as unknown) ?? target.heartbeat, planDigest);
    const isSameSplit = last?.splitIndex === splitIndex;
    this.heartbeat = {
      splitIndex,
      planDigest,
      history: last?.history ?? NO_HISTORY,
      nextOffset: isSameSplit ? last.nextOffset : (plan.splits[splitIndex]?.startOffset ?? 0),
      checkpoint: isSameSplit ? last.checkpoint : null,
    };
    this.checkpoints = new CheckpointWriter(books, this.address(), dependencies.now, (checkpoint, offset) =>
      this.noteCheckpoint(checkpoint, offset),
    );
    this.pulse = this.startPulse();
  }

  private startPulse(): AttemptPulse {
    const { runtime, file } = this.target;
    const silenceMsMax = Math.max(READ_SILENCE_MS_MAX, 2 * runtime.checkpointIntervalMs);
    return new AttemptPulse({
      heartbeatTimeoutMs: this.context.info.heartbeatTimeoutMs ?? HEARTBEAT_TIMEOUT_MS_DEFAULT,
      beat: () => this.context.heartbeat(this.heartbeat),
      silenceMsMax,
      describeStall: () => {
        const fact = `nothing could be read of ${file.sourceKey} for ${silenceMsMax / 1000} s after offset ${this.heartbeat.nextOffset}`;
        return new TallylineFailure('source_unavailable', fact);
      },
    });
  }

  /** Throws ApplicationFailure, CancelledFailure or TallylineFailure; a data fault has quarantined the file by then. */
  async run(): Promise<CountSplitResult> {
    try {
      return await this.attempt();
    } finally {
      this.pulse.stop();
    }
  }

  private async attempt(): Promise<CountSplitResult> {
    requireKnownGrammar(this.target.plan, this.target.file.sourceKey);
    const lost = this.heartbeat.history.begunAttempts;
    if (lost >= WORKER_LOST_TIMES_MAX) {
      throw await this.books.setAside(
        'worker_lost',
        `${lost} workers were lost at offset ${this.heartbeat.nextOffset} of split ${this.target.splitIndex}`,
      );
    }
    try {
      return await this.countAndStore();
    } catch (error) {
      if (isSpanningRecord(error)) return await this.books.replacePlan(error.fact);
      throw await this.judgeFault(error);
    }
  }

  private async countAndStore(): Promise<CountSplitResult> {
    const { runtime, splitIndex } = this.target;
    const startedAtMs = this.dependencies.now();
    const counted = await this.count();
    await this.checkpoints.settled();
    const { blob, digest } = counted;
    const stored = await this.books.putPartial({ ...this.address(), blob, digest, nowMs: this.dependencies.now() });
    if (stored === 'fenced' && (await this.books.isReplaced())) return replacedElsewhere(splitIndex);
    this.requireStored(stored);
    this.dependencies.metrics.splitCounted(runtime.pipeline, counted, (this.dependencies.now() - startedAtMs) / 1000);
    return { splitIndex, nextOffset: counted.nextOffset, records: counted.records, rejected: counted.rejected };
  }

  private async count(): Promise<CountedSplit> {
    const { runtime, file: counted, plan, splitIndex } = this.target;
    const resume = await readResumeBlob(this.books, this.address(), this.heartbeat.checkpoint);
    const { context } = this;
    const { fileId, sourceKey, generation, sizeBytes } = counted;
    const fromOffset = resume ? this.heartbeat.nextOffset : (plan.splits[splitIndex]?.startOffset ?? 0);
    if (resume) this.dependencies.metrics.splitResumed(runtime.pipeline, fromOffset);
    const { sourceOptions, checkpointBytes, checkpointIntervalMs, readBytesPerSecond } = runtime;
    const file = { sourceKey, generation, sizeBytes };
    const job = { sourceOptions, file, plan, splitIndex, resume, checkpointBytes, checkpointIntervalMs, readBytesPerSecond };
    try {
      return await this.dependencies.counting.run(
        job,
        {
          signal: AbortSignal.any([context.cancellationSignal, this.pulse.stalled]),
          onStart: () => {
            this.pulse.heard();
            this.heartbeat = { ...this.heartbeat, history: afterBegin(this.heartbeat.history) };
            context.heartbeat(this.heartbeat);
            context.log.debug('split begins', { fileId, sourceKey, splitIndex, fromOffset, isResumed: resume !== null });
          },
          onCheckpoint: (checkpoint) => {
            this.pulse.heard();
            this.checkpoints.store(checkpoint);
          },
          onProgress: () => this.pulse.heard(),
        },
        runtime.share,
      );
    } finally {
      this.pulse.endOfReading();
    }
  }

  private noteCheckpoint(checkpoint: CheckpointReference, nextOffset: number): void {
    this.report({ checkpoint, nextOffset, history: afterAdvance() });
    this.dependencies.metrics.checkpointStored(this.target.runtime.pipeline);
    const { fileId } = this.target.file;
    this.context.log.debug('checkpoint stored', { fileId, splitIndex: this.target.splitIndex, nextOffset });
  }

  private requireStored(stored: PutBlobResult): void {
    if (stored === 'stored' || stored === 'already') return;
    const { file } = this.target;
    if (stored === 'conflict') {
      // Also where the totals hold the file, which stays as it is: the ledger has a note then, and this is the alert.
      this.dependencies.metrics.failed('digest_conflict', this.target.runtime.pipeline);
      throw new TallylineFailure('digest_conflict', `split ${this.target.splitIndex} of ${file.sourceKey} was counted with two results`);
    }
    throw new TallylineFailure('fenced', `version ${file.version} of ${file.sourceKey} is no longer the one that counts`);
  }

  /** Data faults set the file aside at once; everything else is noted in the heartbeat and retried. */
  private async judgeFault(error: unknown): Promise<unknown> {
    const { context } = this;
    if (context.cancellationSignal.aborted) {
      const details = context.cancellationDetails;
      // The server took this attempt for dead, and another one counts the split or has counted it.
      if (details?.timedOut || details?.notFound)
        return new TallylineFailure('fenced', `this attempt of ${this.target.file.sourceKey} timed out`);
      // A shutdown must never look like somebody's cancel, which would set the file aside.
      const isAsked = details?.cancelRequested ?? !this.dependencies.draining.aborted;
      if (isAsked) return new CancelledFailure('cancelled while counting');
      this.report({ history: afterReportedFailure(this.heartbeat.history, false) });
      return retryNow('worker_draining', 'this worker shuts down');
    }
    // A thread that dies is a lost worker: the same file would kill the next one too.
    if (error instanceof CountThreadLost) return error;
    const failure = await this.unlessSourceIsAway(error);
    if (!(failure instanceof TallylineFailure)) return this.retryLater(failure, {});
    const { code, fact } = failure;
    if (code === 'fenced') return failure;
    if (code !== 'unreadable' && isQuarantineReason(code)) return await this.books.setAside(code, fact);
    if (code === 'unreadable' && this.heartbeat.history.unreadableAttempts + 1 >= UNREADABLE_ATTEMPTS_MAX) {
      return await this.books.setAside('unreadable', fact);
    }
    // What a damaged checkpoint refers to is as good as nothing: the next attempt begins at the start of the split.
    return this.retryLater(failure, code === 'checkpoint_unusable' ? { checkpoint: null } : {});
  }

  /**
   * A file is judged by what a counting thread saw. Threads come and go, and one that starts during an outage may take an empty mount
   * point for the root; so the source of this process, which knew the root before, has the last word.
   */
  private async unlessSourceIsAway(error: unknown): Promise<unknown> {
    const isAboutFile = error instanceof TallylineFailure && ['changed', 'vanished', 'unreadable'].includes(error.code);
    if (!isAboutFile) return error;
    try {
      await this.target.runtime.source.probe();
      return error;
    } catch (outage) {
      return outage;
    }
  }

  private retryLater(error: unknown, change: Partial<SplitHeartbeat>): unknown {
    const isUnreadable = error instanceof TallylineFailure && error.code === 'unreadable';
    const history = afterReportedFailure(this.heartbeat.history, isUnreadable);
    this.report({ ...change, history });
    return isUnreadable ? retryAfter(error, unreadableDelayMs(history.unreadableAttempts)) : error;
  }

  private report(change: Partial<SplitHeartbeat>): void {
    this.heartbeat = { ...this.heartbeat, ...change };
    this.context.heartbeat(this.heartbeat);
  }

  private version(): { fileId: string; version: number } {
    return { fileId: this.target.file.fileId, version: this.target.file.version };
  }

  private address() {
    return { ...this.version(), planDigest: this.target.planDigest, splitIndex: this.target.splitIndex };
  }
}
