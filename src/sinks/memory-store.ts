/** The reference Store: everything in memory, every query a plain walk. A throw inside a transaction leaves nothing behind. */
import { memoryBlobs } from './memory-blobs';
import { memoryContributions, memoryPostings, memoryReceipts } from './memory-counts';
import { memoryDisposals } from './memory-disposals';
import { memoryExpected } from './memory-expected';
import { memoryFiles, memoryUnsettled } from './memory-files';
import { memoryLedger, memoryPipelines, memoryPlans } from './memory-ledger';
import { createMemoryTables, UndoLog } from './memory-tables';
import { memoryTotals } from './memory-totals';
import { SerialQueue } from './serial-queue';
import type { Store, StoreTransaction } from './store';
import type { TotalsDelta } from './store-totals';

export class MemoryStore implements Store {
  private readonly log = new UndoLog();
  private readonly queue = new SerialQueue();
  private readonly tables: StoreTransaction;
  private readonly staged: TotalsDelta[] = [];
  private readonly stagedPruned: TotalsDelta[] = [];

  constructor() {
    const tables = createMemoryTables(this.log);
    this.tables = {
      pipelines: memoryPipelines(tables),
      files: memoryFiles(tables),
      unsettled: memoryUnsettled(tables),
      blobs: memoryBlobs(tables),
      contributions: memoryContributions(tables),
      receipts: memoryReceipts(tables),
      totals: memoryTotals(tables.totals, this.staged),
      prunedTotals: memoryTotals(tables.prunedTotals, this.stagedPruned),
      postings: memoryPostings(tables),
      ledger: memoryLedger(tables),
      plans: memoryPlans(tables),
      ...memoryExpected(this.log),
      ...memoryDisposals(this.log),
    };
  }

  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await this.queue.run(async () => {
      this.staged.length = this.stagedPruned.length = 0;
      try {
        const result = await work(this.tables);
        this.log.clear();
        return result;
      } finally {
        this.log.rollBack();
      }
    });
  }

  async snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await this.queue.run(async () => {
      try {
        return await work(this.tables);
      } finally {
        this.log.rollBack();
      }
    });
  }

  async collectOutside(): Promise<number> {
    return 0;
  }

  async check(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    // Nothing is held but memory.
  }
}
