/** The reference Store: everything in memory, every query a plain walk. A throw inside a transaction leaves nothing behind. */
import { memoryBlobs, memoryContributions } from './memory-blobs';
import { memoryFiles, memoryUnsettled } from './memory-files';
import { memoryLedger, memoryPipelines, memoryTotals } from './memory-ledger';
import { createMemoryTables, UndoLog } from './memory-tables';
import { SerialQueue } from './serial-queue';
import type { Store, StoreTransaction } from './store';

export class MemoryStore implements Store {
  private readonly log = new UndoLog();
  private readonly queue = new SerialQueue();
  private readonly tables: StoreTransaction;

  constructor() {
    const tables = createMemoryTables(this.log);
    this.tables = {
      pipelines: memoryPipelines(tables),
      files: memoryFiles(tables),
      unsettled: memoryUnsettled(tables),
      blobs: memoryBlobs(tables),
      contributions: memoryContributions(tables),
      totals: memoryTotals(tables),
      ledger: memoryLedger(tables),
    };
  }

  async transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result> {
    return await this.queue.run(async () => {
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

  async close(): Promise<void> {
    // Nothing is held but memory.
  }
}
