/**
 * What a database must give so that LedgerSink can keep its promises over it: transactions over tables with set-based primitives.
 *
 * The primitives decide nothing and keep no rule: operations/ and core do. A list in, a list out, in no promised order unless said;
 * rows that do not exist are absent from the answer. All are scoped by fileId or pipeline.
 * Errors are TallylineFailure: `sink_unavailable` when the database cannot be reached, is full, or stays locked.
 */
import type { FileState } from '../core/file-row';
import type { Receipt } from '../core/receipt';
import type { DisposalTables } from './store-disposals';
import type { ExpectedTables } from './store-expected';
import type { TotalsTable } from './store-totals';
import type { FileRow, FileVersion, LedgerEntry, LedgerKind, PartialAddress, PipelineRow } from './sink';

export interface Store {
  /** Serializable, durable when it resolves. A throw inside rolls everything back. */
  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  /** Reads of one instant. Nothing that it writes is kept. */
  snapshot<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  /** What the database itself finds wrong with its file or its indexes; empty where all is well or it has no such check. */
  check(): Promise<readonly string[]>;
  /** Removes blobs that lie outside of the database and that nothing needs any more: a bounded number with each call. Answers how many. */
  collectOutside(nowMs: number): Promise<number>;
  close(): Promise<void>;
}

export interface StoreTransaction extends ExpectedTables, DisposalTables {
  readonly pipelines: PipelineTable;
  readonly files: FileTable;
  readonly unsettled: UnsettledTable;
  readonly blobs: BlobTable;
  readonly contributions: ContributionTable;
  readonly receipts: ReceiptTable;
  readonly totals: TotalsTable;
  /** What contributions that were pruned had put into the totals. Same shape, never served by itself. */
  readonly prunedTotals: TotalsTable;
  readonly postings: PostingTable;
  readonly ledger: LedgerTable;
  readonly plans: PlanTable;
}

export interface PipelineTable {
  list(): Promise<readonly PipelineRow[]>;
  read(pipeline: string): Promise<PipelineRow | null>;
  /** As read, and nobody else's transaction on this pipeline passes here until this one ends. Those that `share` it are not held up. */
  lock(pipeline: string): Promise<PipelineRow | null>;
  /** As read, and nobody passes `lockAlone` until this transaction ends. */
  share(pipeline: string): Promise<PipelineRow | null>;
  /** As lock, and waits for those that share it, and they for this. */
  lockAlone(pipeline: string): Promise<PipelineRow | null>;
  /** Does nothing when the pipeline exists. */
  insert(row: PipelineRow): Promise<void>;
  update(row: PipelineRow): Promise<void>;
  /** Removes the pipeline, which the caller has locked alone, and everything that belongs to it. Only plans are ever removed. */
  remove(pipeline: string): Promise<void>;
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
  readonly period: string;
  readonly files: number;
  readonly bytes: number;
  /** Of those that were counted. */
  readonly lines: number;
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

/** Entries of one contribution are kept in parts of at most CONTRIBUTION_PART_ENTRIES, so that any of them is read in bounded memory. */
export interface ContributionAddress extends FileVersion {
  readonly period: string;
  /** 0, 1, 2 …; keys ascend from part to part. */
  readonly part: number;
}

export interface ContributionPart extends ContributionAddress {
  readonly entries: number;
}

export interface StoredContribution extends ContributionPart {
  readonly digest: string;
  readonly blob: Uint8Array;
}

/** What versions that were counted came to, until it is pruned. */
export interface ContributionTable {
  /** What there is of these versions, without the blobs; in order of fileId, version, period, part. */
  parts(files: readonly FileVersion[]): Promise<readonly ContributionPart[]>;
  /** In order of fileId, version, period, part. */
  read(addresses: readonly ContributionAddress[]): Promise<readonly StoredContribution[]>;
  insert(rows: readonly StoredContribution[]): Promise<void>;
  remove(files: readonly FileVersion[]): Promise<void>;
}

export interface StoredReceipt extends FileVersion {
  readonly receipt: Receipt;
  /** Digests of the partials that it was made of, in order of their splits, with commas. */
  readonly partialDigests: string;
}

/** Sums over the files of a pipeline that are in, by the period of the file row. */
export interface SumsIn {
  readonly period: string;
  readonly files: number;
  readonly bytes: number;
  readonly lines: number;
  readonly records: number;
  readonly rejected: number;
}

/** The accounting of versions that were counted; kept for good. */
export interface ReceiptTable {
  read(files: readonly FileVersion[]): Promise<readonly StoredReceipt[]>;
  latest(fileId: string): Promise<StoredReceipt | null>;
  /** Inserts or replaces. */
  put(rows: readonly StoredReceipt[]): Promise<void>;
  /** In order of period. */
  sumsIn(pipeline: string): Promise<readonly SumsIn[]>;
  /** Receipts with rejects whose samples were not erased, of rows last changed before, or of one file; by fileId, version. */
  withSamples(pipeline: string, beforeMs: number, limit: number, fileId?: string): Promise<readonly StoredReceipt[]>;
}

/** One step of a contribution into (sign 1) or out of (sign -1) the totals. */
export interface Posting extends FileVersion {
  /** The ledger entry that it belongs to. */
  readonly number: number;
  /** The period of the contribution. */
  readonly ofPeriod: string;
  /** The period that it was posted to: another one when ofPeriod was closed. */
  readonly period: string;
  readonly sign: 1 | -1;
}

/** Append-only. */
export interface PostingTable {
  insert(pipeline: string, postings: readonly Posting[]): Promise<void>;
  /** In order of number, then fileId, version, ofPeriod, sign. */
  page(pipeline: string, after: Posting | null, limit: number): Promise<readonly Posting[]>;
  /** In the same order. */
  ofFiles(pipeline: string, fileIds: readonly string[]): Promise<readonly Posting[]>;
}

export interface LedgerTable {
  /** Throws invariant_violated when a number, or a (fileId, version, kind) other than a note, exists. */
  insert(pipeline: string, entries: readonly LedgerEntry[]): Promise<void>;
  /** In order of their numbers. */
  page(pipeline: string, afterNumber: number, limit: number): Promise<readonly LedgerEntry[]>;
  /** In order of their numbers. */
  ofFiles(pipeline: string, fileIds: readonly string[]): Promise<readonly LedgerEntry[]>;
  /** Of one kind, in order of their numbers. */
  ofKind(pipeline: string, kind: LedgerKind): Promise<readonly LedgerEntry[]>;
  /** The last entry made before, or 0. */
  lastNumberBefore(pipeline: string, beforeMs: number): Promise<number>;
}

/** A count of chosen files that is not in the totals: its files, ledger and totals lie under `shadow` as those of a pipeline do. */
export interface StoredPlan {
  readonly planId: string;
  readonly pipeline: string;
  readonly shadow: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** What is to be counted, as given; JSON. */
  readonly choice: string;
  /** What was found of the world and decided about it, once it was counted; JSON. Null: not counted yet. */
  readonly sealed: string | null;
  /** Ledger numbers of the entries by which it was applied. */
  readonly appliedFrom: number | null;
  readonly appliedUntil: number | null;
}

export interface PlanTable {
  insert(plan: StoredPlan): Promise<void>;
  read(planId: string): Promise<StoredPlan | null>;
  /** As read, locked until this transaction ends. */
  lock(planId: string): Promise<StoredPlan | null>;
  /** Newest first. */
  list(pipeline: string, limit: number): Promise<readonly StoredPlan[]>;
  update(plan: StoredPlan): Promise<void>;
}
