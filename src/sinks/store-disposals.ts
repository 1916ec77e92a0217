/** The table that holds what became of source files after they were counted. Same rules as those of store.ts. */
import type { Disposal } from './sink-disposals';

export interface DisposalTables {
  readonly disposals: DisposalTable;
}

/** One a version of a file. */
export interface StoredDisposal extends Disposal {
  readonly pipeline: string;
  readonly sourceId: string;
}

export interface DisposalTable {
  /** All versions; in order of fileId and version. */
  read(fileIds: readonly string[]): Promise<readonly StoredDisposal[]>;
  /** Those `begun`, in order of begunMs, fileId and version. */
  begun(pipeline: string, sourceId: string, limit: number): Promise<readonly StoredDisposal[]>;
  /** Inserts or replaces. */
  put(row: StoredDisposal): Promise<void>;
}
