/** A sink of which every operation is judged, whatever fault strikes it. */
import { TallylineFailure } from '../../src/core/failures';
import type { Policies } from '../../src/core/policies';
import type { FileRow, Sink } from '../../src/sinks/sink';
import type { Store } from '../../src/sinks/store';
import { MEANING, SinkDriver } from '../contract/sink-driver';
import { Crash, FaultyStore, type PlannedFault } from './faulty-store';
import { judgeAnswer } from './judge-answer';
import { judgeRows } from './judge-rows';
import { EMPTY, readInstant } from './instant';
import { judgeInstant } from './judge-instant';
import type { KnownFiles } from './known-files';
import type { Episode, Knowledge } from './knowledge';
import { carryOut, type Answer, type Operation } from './operation';
import type { Tally } from './tally';

export interface SinkOpener {
  openStore(): Store;
  openSink(store: Store): Sink;
}

export class WatchedSink implements Knowledge {
  readonly driver: SinkDriver;
  readonly log: (Operation | string)[] = [];
  /** Below the sink, to damage what lies in it. */
  store: FaultyStore;
  private instant = EMPTY;
  private readonly periods = new Map<string, string>();

  private constructor(
    private readonly opener: SinkOpener,
    readonly files: KnownFiles,
    readonly policies: Policies,
    private readonly tally: Tally,
  ) {
    this.store = new FaultyStore(opener.openStore());
    this.driver = new SinkDriver(opener.openSink(this.store), policies);
  }

  /** As they were after the last operation, in order of first sight. */
  get rows(): readonly FileRow[] {
    return this.instant.rows;
  }

  get isStopped(): boolean {
    return this.instant.isStopped;
  }

  static async open(opener: SinkOpener, files: KnownFiles, policies: Policies, tally: Tally): Promise<WatchedSink> {
    const watched = new WatchedSink(opener, files, policies, tally);
    await watched.driver.sink.ensurePipeline(MEANING);
    return watched;
  }

  /** The database is lost with all that was in it. */
  async lose(): Promise<void> {
    this.log.push('sink lost');
    this.tally.event('sink lost');
    await this.store.close();
    this.store = new FaultyStore(this.opener.openStore());
    this.driver.sink = this.opener.openSink(this.store);
    this.instant = EMPTY;
    this.periods.clear();
    await this.driver.sink.ensurePipeline(MEANING);
  }

  /** Answers null when a fault or a stop came in its way. */
  async perform(operation: Operation, fault?: PlannedFault): Promise<Answer | null> {
    this.log.push(operation);
    const { rows: before, partials, isStopped } = this.instant;
    this.store.fault = fault;
    const end = await this.attempt(operation);
    this.store.fault = undefined;
    this.driver.nowMs += 1;
    this.instant = await readInstant(this.store);
    this.notePeriods();
    const { rows: after, partials: partialsAfter, ledger: ledgerAfter } = this.instant;
    const episode: Episode = { operation, before, after, partials, partialsAfter, ledgerAfter, isStopped, end };
    judgeAnswer(episode, this);
    for (const move of judgeRows(episode, this)) this.tally.move(move);
    judgeInstant(this.instant, this);
    this.tally.episode(episode);
    return typeof end === 'string' ? null : end;
  }

  periodIn({ fileId, state, inVersion, plan }: FileRow): string | undefined {
    if (state === 'in') return plan?.period;
    return this.periods.get(`${fileId}:${String(inVersion)}`);
  }

  private async attempt(operation: Operation): Promise<Episode['end']> {
    try {
      return await carryOut(operation, this);
    } catch (error) {
      if (error instanceof TallylineFailure && error.code === 'pipeline_stopped') return 'stopped';
      if (!(error instanceof Crash)) throw error;
      this.tally.event(`fault: ${error.kind}`);
      return 'crashed';
    }
  }

  /** A contribution has the period of the plan that it was counted by, which the row keeps until it is taken up anew. */
  private notePeriods(): void {
    for (const { fileId, state, version, plan } of this.rows)
      if (state === 'in' && plan) this.periods.set(`${fileId}:${version}`, plan.period);
  }
}
