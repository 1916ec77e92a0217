/** What every sink must keep, whatever database lies behind it. An implementation calls this with a way to open an empty one. */
import type { Sink } from '../../src/sinks/sink';
import type { Store } from '../../src/sinks/store';
import { describeApplying } from './sink-contract-apply';
import { describeCorrecting } from './sink-contract-correct';
import { describeCounting } from './sink-contract-count';
import { describeDecompressing } from './sink-contract-gzip';
import { describePeriods } from './sink-contract-periods';
import { describePlanning } from './sink-contract-plans';
import { describeRecordPeriods } from './sink-contract-record-periods';
import { describeDisposing } from './sink-contract-dispose';
import { describeExpecting } from './sink-contract-expected';
import { describeRegistering } from './sink-contract-register';
import { describeReplanning } from './sink-contract-replan';
import { MEANING, SinkDriver } from './sink-driver';

export interface OpenedSink {
  readonly sink: Sink;
  /** The same tables, to damage them. */
  readonly store: Store;
  readonly release: () => Promise<void>;
}

export interface SinkUnderTest {
  readonly sink: Sink;
  readonly store: Store;
  readonly driver: SinkDriver;
}

export function describeSink(name: string, open: () => Promise<OpenedSink>): void {
  describe(name, () => {
    let opened: OpenedSink;
    let driver: SinkDriver;
    const under = (): SinkUnderTest => ({ sink: opened.sink, store: opened.store, driver });

    beforeEach(async () => {
      opened = await open();
      driver = new SinkDriver(opened.sink);
      await opened.sink.ensurePipeline(MEANING);
    });
    afterEach(async () => {
      await opened.sink.close();
      await opened.store.close().catch(() => undefined);
      await opened.release();
    });

    describeRegistering(under);
    describeCounting(under);
    describeDecompressing(under);
    describeReplanning(under);
    describeApplying(under);
    describeCorrecting(under);
    describePlanning(under);
    describePeriods(under);
    describeRecordPeriods(under);
    describeExpecting(under);
    describeDisposing(under);
  });
}
