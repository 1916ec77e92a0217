/** The tables that hold what manifests announce and what a source is expected to bring. Same rules as those of store.ts. */
import type { ControlTotals } from '../core/control-totals';

export interface ExpectedTables {
  readonly expected: ExpectedTable;
  readonly manifests: ManifestTable;
  readonly arrivals: ArrivalTable;
}

/** One file that a manifest speaks of. One a sourceKey: what was read last holds. */
export interface ExpectedFile {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly sourceKey: string;
  readonly control: ControlTotals;
  readonly manifestKey: string;
  readonly dueMs: number;
  /** When a generation of it was first taken up, or null: it has not come. */
  readonly cameMs: number | null;
}

export interface OverdueFiles {
  readonly files: number;
  /** Those due first, in that order, at most as many as asked for. */
  readonly first: readonly ExpectedFile[];
}

export interface ExpectedTable {
  read(pipeline: string, sourceId: string, sourceKeys: readonly string[]): Promise<readonly ExpectedFile[]>;
  /** Inserts or replaces. */
  put(rows: readonly ExpectedFile[]): Promise<void>;
  /** Removes what this manifest announces, but for these sourceKeys. */
  withdraw(pipeline: string, sourceId: string, manifestKey: string, keptSourceKeys: readonly string[]): Promise<void>;
  /** Of those that have not come. */
  markCame(pipeline: string, sourceId: string, sourceKeys: readonly string[], cameMs: number): Promise<void>;
  /** Files that have not come and were due before. */
  overdue(pipeline: string, beforeMs: number, limit: number): Promise<OverdueFiles>;
}

/** stored: what it says holds, but files that were in before were not judged yet. */
export type ManifestState = 'stored' | 'judged' | 'malformed';

/** A manifest as it was read last. */
export interface StoredManifest {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly manifestKey: string;
  readonly generation: string;
  readonly isBatch: boolean;
  readonly state: ManifestState;
  /** Why it is malformed, else null. */
  readonly fault: string | null;
  readonly readMs: number;
}

export interface ManifestTable {
  read(pipeline: string, sourceId: string, manifestKeys: readonly string[]): Promise<readonly StoredManifest[]>;
  /** Inserts or replaces. */
  put(row: StoredManifest): Promise<void>;
  /** In order of sourceId and manifestKey. */
  malformed(pipeline: string, limit: number): Promise<readonly StoredManifest[]>;
  /** Whether the source has a malformed batch manifest. */
  hasMalformedBatch(pipeline: string, sourceId: string): Promise<boolean>;
  /** Removes malformed ones last read before; answers how many. */
  removeMalformed(pipeline: string, sourceId: string, beforeMs: number): Promise<number>;
}

/** When a source brought its last new file, and how often it should. */
export interface StoredArrival {
  readonly pipeline: string;
  readonly sourceId: string;
  /** The last new file, or the first look where there was none yet. */
  readonly sinceMs: number;
  readonly everyMs: number;
}

export interface ArrivalTable {
  /** In order of sourceId. */
  list(pipeline: string): Promise<readonly StoredArrival[]>;
  /** Inserts or replaces. */
  put(row: StoredArrival): Promise<void>;
  remove(pipeline: string, sourceId: string): Promise<void>;
}
