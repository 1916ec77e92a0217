import type { FileVersion, LedgerEntry, PipelineRow, TotalsRow } from './sink';
import type { Posting, StoredContribution, StoredFile, StoredPartial, StoredPlan, StoredReceipt, UnsettledFile } from './store';

/** Rows in memory whose changes can be undone: what a transaction changed before it threw is put back. Rows are immutable values. */
export class UndoLog {
  private readonly steps: (() => void)[] = [];

  record(undo: () => void): void {
    this.steps.push(undo);
  }

  /** Undoes everything since the last `clear`, latest first. */
  rollBack(): void {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) step();
  }

  clear(): void {
    this.steps.length = 0;
  }
}

/** A table by a text key. */
export class MemoryTable<Row> {
  private readonly rows = new Map<string, Row>();

  constructor(private readonly log: UndoLog) {}

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  set(key: string, row: Row): void {
    const before = this.rows.get(key);
    const existed = this.rows.has(key);
    this.log.record(() => (existed ? this.rows.set(key, before as Row) : this.rows.delete(key)));
    this.rows.set(key, row);
  }

  delete(key: string): boolean {
    const before = this.rows.get(key);
    if (before === undefined) return false;
    this.log.record(() => this.rows.set(key, before));
    return this.rows.delete(key);
  }

  all(): Row[] {
    return [...this.rows.values()];
  }

  /** Deletes the rows for which `condition` holds, and answers how many. */
  deleteWhere(condition: (row: Row) => boolean): number {
    const doomed = [...this.rows].filter(([, row]) => condition(row));
    for (const [key] of doomed) this.delete(key);
    return doomed.length;
  }
}

export interface MemoryTables {
  readonly pipelines: MemoryTable<PipelineRow>;
  readonly files: MemoryTable<StoredFile>;
  readonly unsettled: MemoryTable<UnsettledFile>;
  readonly partials: MemoryTable<StoredPartial & { readonly entries: number }>;
  readonly checkpoints: MemoryTable<FileVersion & { readonly blob: Uint8Array }>;
  readonly contributions: MemoryTable<StoredContribution>;
  readonly receipts: MemoryTable<StoredReceipt>;
  readonly totals: MemoryTable<TotalsRow & { readonly pipeline: string }>;
  readonly prunedTotals: MemoryTable<TotalsRow & { readonly pipeline: string }>;
  readonly postings: MemoryTable<Posting & { readonly pipeline: string }>;
  readonly ledger: MemoryTable<LedgerEntry & { readonly pipeline: string }>;
  readonly plans: MemoryTable<StoredPlan>;
  /** One row: the last sequence given to a file. */
  readonly sequence: MemoryTable<number>;
}

export function createMemoryTables(log: UndoLog): MemoryTables {
  return {
    pipelines: new MemoryTable(log),
    files: new MemoryTable(log),
    unsettled: new MemoryTable(log),
    partials: new MemoryTable(log),
    checkpoints: new MemoryTable(log),
    contributions: new MemoryTable(log),
    receipts: new MemoryTable(log),
    totals: new MemoryTable(log),
    prunedTotals: new MemoryTable(log),
    postings: new MemoryTable(log),
    ledger: new MemoryTable(log),
    plans: new MemoryTable(log),
    sequence: new MemoryTable(log),
  };
}

/** A text that differs for different lists of parts. */
export function rowKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}
