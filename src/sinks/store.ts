/**
 * What a database must give so that LedgerSink can keep its promises over it: transactions over tables with set-based primitives.
 *
 * The primitives decide nothing and keep no rule: operations/ and core do. A list in, a list out, in no promised order unless said;
 * rows that do not exist are absent from the answer. All are scoped by fileId or pipeline.
 * Errors are TallylineFailure: `sink_unavailable` when the database cannot be reached, is full, or stays locked.
 */
import type { FileState } from '../core/file-row';
import type { Receipt } from '../core/receipt';
import type { FileRow, FileVersion, LedgerEntry, PartialAddress, PipelineRow, TotalsRow } from './sink';

export interface Store {
  /** Serializable, durable when it resolves. A throw inside rolls everything back. */
  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  /** Reads of one instant. Nothing that it writes is kept. */
  snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface StoreTransaction {
  readonly pipelines: PipelineTable;
  readonly files: FileTable;
  readonly unsettled: UnsettledTable;
  readonly blobs: BlobTable;
  readonly contributions: ContributionTable;
  readonly totals: TotalsTable;
  readonly ledger: LedgerTable;
}

export interface PipelineTable {
  list(): Promise<readonly PipelineRow[]>;
  read(pipeline: string): Promise<PipelineRow | null>;
  /** As read, and nobody else's transaction on this pipeline passes here until this one ends. */
  lock(pipeline: string): Promise<PipelineRow | null>;
  /** Does nothing when the pipeline exists. */
  insert(row: PipelineRow): Promise<void>;
  update(row: PipelineRow): Promise<void>;
}

/** A file row as stored. */
export interface StoredFile extends FileRow {
  /** Content digest of inVersion, or null. */
  readonly inContentDigest: string | null;
}

export type NewFile = Omit<StoredFile, 'sequence'>;

export interface FilesQuery {
  readonly pipeline: string;
  readonly sourceId?: string;
  readonly states?: readonly FileState[];
  readonly afterSequence: number;
  readonly limit: number;
}

/** Files of one source that are on their way, and how many in one state lie up to a sequence. */
export interface Backlog {
  readonly counting: number;
  readonly counted: number;
  readonly before: number;
}

export interface FileGroup {
  readonly state: FileState;
  readonly reason: string | null;
  readonly isIn: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly oldestMs: number;
}

export interface FileTable {
  read(fileIds: readonly string[]): Promise<readonly StoredFile[]>;
  /** As read, and the rows stay as they are until this transaction ends. */
  lock(fileIds: readonly string[]): Promise<readonly StoredFile[]>;
  /** The first rows `counted` by fileId, locked, with how many entries their partials hold. */
  lockCounted(pipeline: string, limit: number): Promise<readonly { readonly row: StoredFile; readonly entries: number }[]>;
  /** All generations of these sourceKeys. */
  generations(pipeline: string, files: readonly SourceAddress[]): Promise<readonly StoredFile[]>;
  /** All generations under this sourceKey in any source, latest sight first. */
  bySourceKey(pipeline: string, sourceKey: string): Promise<readonly StoredFile[]>;
  /** Files of the pipeline whose contribution in the totals has one of these content digests. */
  holders(pipeline: string, contentDigests: readonly string[]): Promise<readonly StoredFile[]>;
  /** In order of sequence. */
  list(query: FilesQuery): Promise<readonly StoredFile[]>;
  count(pipeline: string, state: FileState): Promise<number>;
  backlog(input: { pipeline: string; sourceId: string; state: FileState; afterSequence: number }): Promise<Backlog>;
  groups(pipeline: string): Promise<readonly FileGroup[]>;
  /** Gives each its sequence in the order given. A fileId that exists is left as it is. Answers how many were inserted. */
  insert(rows: readonly NewFile[]): Promise<number>;
  /** By fileId. */
  update(rows: readonly StoredFile[]): Promise<void>;
}

export interface SourceAddress {
  readonly sourceId: string;
  readonly sourceKey: string;
}

/** A generation that a scan saw and did not trust yet. One per sourceKey: the latest. */
export interface UnsettledFile extends SourceAddress {
  readonly pipeline: string;
  readonly generation: string;
  readonly sizeBytes: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

export interface UnsettledTable {
  read(pipeline: string, sourceId: string, sourceKeys: readonly string[]): Promise<readonly UnsettledFile[]>;
  /** Inserts or replaces. */
  put(rows: readonly UnsettledFile[]): Promise<void>;
  remove(pipeline: string, sourceId: string, sourceKeys: readonly string[]): Promise<void>;
  /** Removes those last seen before; answers how many. */
  removeBefore(pipeline: string, sourceId: string, beforeMs: number): Promise<number>;
  summary(pipeline: string): Promise<{ readonly files: number; readonly bytes: number; readonly oldestMs: number }>;
}

export interface StoredPartial extends FileVersion {
  readonly planDigest: string;
  readonly splitIndex: number;
  readonly digest: string;
  readonly blob: Uint8Array;
}

/** Partials and checkpoints: what a version under way has counted so far. */
export interface BlobTable {
  partialDigests(
    file: FileVersion,
  ): Promise<readonly { readonly planDigest: string; readonly splitIndex: number; readonly digest: string }[]>;
  partials(files: readonly FileVersion[]): Promise<readonly StoredPartial[]>;
  insertPartial(partial: StoredPartial & { readonly entries: number }): Promise<void>;
  removePartials(file: FileVersion, splitIndexes: readonly number[]): Promise<void>;
  checkpoint(address: PartialAddress, digest: string): Promise<Uint8Array | null>;
  /** Does nothing when it exists. */
  insertCheckpoint(address: PartialAddress, digest: string, blob: Uint8Array): Promise<void>;
  /** Removes all partials and checkpoints of these files up to these versions. */
  collect(files: readonly FileVersion[]): Promise<void>;
  /** Files that are terminal, or further on, and have partials or checkpoints all the same. */
  uncollected(pipeline: string, limit: number): Promise<readonly string[]>;
}

export interface StoredContribution extends FileVersion {
  readonly period: string;
  readonly digest: string;
  readonly blob: Uint8Array;
}

export interface StoredReceipt extends FileVersion {
  readonly receipt: Receipt;
  /** Digests of the partials that it was made of, in order of their splits, with commas. */
  readonly partialDigests: string;
}

/** What versions that were counted came to; kept for good. */
export interface ContributionTable {
  read(files: readonly FileVersion[]): Promise<readonly StoredContribution[]>;
  insert(rows: readonly StoredContribution[]): Promise<void>;
  receipts(files: readonly FileVersion[]): Promise<readonly StoredReceipt[]>;
  latestReceipt(fileId: string): Promise<StoredReceipt | null>;
  /** Inserts or replaces. */
  putReceipts(rows: readonly StoredReceipt[]): Promise<void>;
  /** Sums over the files of the pipeline that are in. */
  sumsIn(pipeline: string): Promise<{ readonly bytes: number; readonly records: number }>;
}

export interface TotalsAddress {
  readonly period: string;
  readonly key: Uint8Array;
}

export interface TotalsTable {
  read(pipeline: string, addresses: readonly TotalsAddress[]): Promise<readonly TotalsRow[]>;
  /** In order of period, then key bytes. */
  page(pipeline: string, after: TotalsAddress | null, limit: number): Promise<readonly TotalsRow[]>;
  /** Sets each; a row whose count is 0 is removed. */
  write(pipeline: string, rows: readonly TotalsRow[]): Promise<void>;
}

export interface LedgerTable {
  /** Throws invariant_violated when a number, or a (fileId, version, kind) other than a note, exists. */
  insert(pipeline: string, entries: readonly LedgerEntry[]): Promise<void>;
  /** In order of their numbers. */
  page(pipeline: string, afterNumber: number, limit: number): Promise<readonly LedgerEntry[]>;
  /** In order of their numbers. */
  ofFiles(pipeline: string, fileIds: readonly string[]): Promise<readonly LedgerEntry[]>;
}
