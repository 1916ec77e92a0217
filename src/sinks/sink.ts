/**
 * The database that holds file rows, ledger, totals, receipts, partials and contributions: the memory of Tallyline.
 *
 * Every method is one transaction. Every change of a file row goes through core/file-row with the row locked. Every apply,
 * correction, stop and resume first locks the pipeline's row. Instants are passed in (`nowMs`), never read from a clock inside.
 * Errors are TallylineFailure: `sink_unavailable` when the database cannot be reached or is busy beyond its timeout.
 */
import type { QuarantineReason } from '../core/failures';
import type { FileRowState, FileState } from '../core/file-row';
import type { TotalsEntry } from '../core/partial';
import type { Plan } from '../core/plan';
import type { Policies } from '../core/policies';
import type { Receipt } from '../core/receipt';
import type { DisposalSink } from './sink-disposals';
import type { ExpectedSink } from './sink-expected';
import type { ApplyPlanInput, ApplyPlanResult, CreatePlanInput, DifferenceResult, PlanRow, PlanSummary } from './sink-plans';
import type { FilesToStart, FilesToStartInput, RegisterPageInput, RegisterPageResult } from './sink-scan';
import type { ClosePeriodResult, ExplainResult, PruneInput, PruneResult, ReadTotalsInput, TotalsPage } from './sink-totals';

/** What makes sums of one pipeline comparable. Stored at first use; a configuration that differs is refused (`pipeline_differs`). */
export interface PipelineMeaning {
  readonly pipeline: string;
  /** Canonical text over key fields, value field, scale, unit and period rule. */
  readonly meaning: string;
  readonly scale: number;
  readonly unit: string;
}

export interface PipelineRow extends PipelineMeaning {
  readonly ledgerId: string;
  readonly ledgerSequence: number;
  /** Why the pipeline is stopped, or null. */
  readonly stopReason: string | null;
  readonly stoppedAtMs: number | null;
  /** This period and all before it are closed; '' while none is. */
  readonly closedThrough: string;
  /** Contributions that only ledger entries up to this number need are pruned. */
  readonly prunedThrough: number;
}

export interface FileRow extends FileRowState {
  readonly fileId: string;
  readonly pipeline: string;
  readonly sourceId: string;
  readonly sourceKey: string;
  readonly generation: string;
  readonly sizeBytes: number;
  /** Order of first sight within the sink; never mtime. */
  readonly sequence: number;
  readonly firstSeenMs: number;
  readonly updatedMs: number;
  /** As far as its name or its first sight tells; '' where there are no periods, or none is known. */
  readonly period: string;
  /** Bounded free text to `reason`. */
  readonly detail: string | null;
  readonly plan: Plan | null;
  readonly planDigest: string | null;
  /** Of the bytes that were counted: the plain ones where the file was decompressed. */
  readonly contentDigest: string | null;
}

/** Names one version of one file in a request that is fenced unless it is the row's. */
export interface FileVersion {
  readonly fileId: string;
  readonly version: number;
}

export type AdmitResult =
  | { readonly outcome: 'counting'; readonly plan: Plan; readonly planDigest: string }
  | { readonly outcome: 'settled'; readonly row: FileRow }
  | { readonly outcome: 'fenced' };

export interface PartialAddress extends FileVersion {
  readonly planDigest: string;
  readonly splitIndex: number;
}

export type PutBlobResult = 'stored' | 'already' | 'fenced' | 'conflict';

export type MarkCountedResult =
  | { readonly outcome: 'counted' | 'already' | 'fenced' }
  | { readonly outcome: 'quarantined'; readonly reason: QuarantineReason; readonly detail: string }
  | { readonly outcome: 'incomplete'; readonly missingSplits: readonly number[] };

export interface ApplyInput {
  readonly pipeline: string;
  readonly policies: Policies;
  readonly nowMs: number;
}

export interface ApplyOutcome extends FileVersion {
  readonly outcome: 'in' | 'alias' | 'superseded' | 'quarantined' | 'counting';
  readonly reason: QuarantineReason | null;
}

export interface ApplyResult {
  readonly outcomes: readonly ApplyOutcome[];
  readonly ledgerSequence: number;
  /** Rows still `counted`. */
  readonly remaining: number;
}

/** What a waiting file workflow needs to know. */
export interface FileStatus extends FileVersion {
  readonly state: FileState;
  readonly reason: QuarantineReason | null;
  readonly detail: string | null;
}

export interface By {
  readonly by: string;
  readonly reason: string;
  readonly nowMs: number;
}

export type CorrectionResult =
  { readonly outcome: 'done'; readonly version: number } | { readonly outcome: 'already' | 'refused' | 'fenced' | 'unknown' };

export const LEDGER_KINDS = [
  'counted',
  'retracted',
  'superseded',
  'recounted',
  'released',
  'closed',
  'stopped',
  'resumed',
  'restored',
  'pruned',
  'note',
] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

export interface ContributionPosition {
  readonly period: string;
  readonly part: number;
}

export interface ContributionPage {
  readonly period: string;
  readonly entries: readonly TotalsEntry[];
  readonly next: ContributionPosition | null;
}

export interface LedgerEntry {
  readonly number: number;
  readonly kind: LedgerKind;
  readonly fileId: string | null;
  readonly version: number | null;
  /** That was closed, else null. */
  readonly period: string | null;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface TotalsAddress {
  readonly period: string;
  readonly key: Uint8Array;
  /** The closed period that this total corrects in a later one, or ''. */
  readonly adjusts: string;
}

export interface TotalsRow extends TotalsAddress {
  readonly sum: bigint;
  readonly count: bigint;
}

/** What was seen and is not in the totals. Of files that are in: the lines of them that were rejected. */
export interface LeftOut {
  readonly state: FileState | 'unsettled';
  readonly reason: string | null;
  readonly period: string;
  readonly files: number;
  readonly bytes: number;
  /** As far as they were counted. */
  readonly lines: number;
  /** First sight of the oldest; null for rejected lines. */
  readonly oldestMs: number | null;
}

export interface PipelineStatus {
  readonly pipeline: PipelineRow;
  readonly files: Readonly<Record<FileState, number>>;
  readonly bytesIn: number;
  readonly recordsIn: number;
  readonly leftOut: readonly LeftOut[];
}

export interface Mismatch {
  readonly check: string;
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

export interface Sink extends ExpectedSink, DisposalSink {
  /** Creates or reads the pipeline's row. Another meaning replaces the stored one while no file was taken up; later it throws `pipeline_differs`. */
  ensurePipeline(meaning: PipelineMeaning): Promise<PipelineRow>;
  readPipeline(pipeline: string): Promise<PipelineRow | null>;
  listPipelines(): Promise<readonly PipelineRow[]>;

  registerPage(input: RegisterPageInput): Promise<RegisterPageResult>;
  /** Forgets unsettled files of the source that no complete scan has seen since `beforeMs`. */
  forgetUnsettled(input: { pipeline: string; sourceId: string; beforeMs: number }): Promise<number>;
  filesToStart(input: FilesToStartInput): Promise<FilesToStart>;

  readFile(fileId: string): Promise<FileRow | null>;
  /** All generations of one sourceKey, latest sight first. */
  findFiles(input: { pipeline: string; sourceKey: string }): Promise<readonly FileRow[]>;
  listFiles(input: { pipeline: string; states?: readonly FileState[]; afterSequence: number; limit: number }): Promise<readonly FileRow[]>;
  readStatuses(fileIds: readonly string[]): Promise<readonly FileStatus[]>;

  /**
   * seen → counting with this plan; a row that is counting already answers with the plan it has. Judges changedFile as far as sizes tell.
   * `replaces`: the digest of a plan by which the file cannot be counted. A row that is counting by it gets this one in its place, and
   * what was counted by it is forgotten.
   */
  admit(
    input: FileVersion & { plan: Plan; planDigest: string; replaces?: string; meaning: PipelineMeaning; policies: Policies; nowMs: number },
  ): Promise<AdmitResult>;
  quarantine(input: FileVersion & { reason: QuarantineReason; detail: string; nowMs: number }): Promise<FileStatus | null>;

  /** Stored once; `conflict` when another digest lies there: that quarantines the file, or is a ledger note if it is in already. */
  putPartial(input: PartialAddress & { blob: Uint8Array; digest: string; nowMs: number }): Promise<PutBlobResult>;
  /** Indexes of the splits of this plan whose partial is stored. */
  storedSplits(input: FileVersion & { planDigest: string }): Promise<readonly number[]>;
  putCheckpoint(input: PartialAddress & { blob: Uint8Array; digest: string; nowMs: number }): Promise<PutBlobResult>;
  readCheckpoint(input: PartialAddress & { digest: string }): Promise<Uint8Array | null>;
  /** Where both lie in a bucket: removes those that nothing needs any more, a bounded number with each call. Answers how many. */
  collectBlobs(input: { nowMs: number }): Promise<number>;

  /** counting → counted once every split of the plan is there and the receipt passes the policies; else quarantined or incomplete. */
  markCounted(input: FileVersion & { planDigest: string; policies: Policies; nowMs: number }): Promise<MarkCountedResult>;
  /** Moves one batch of counted files into the totals, in fileId order, each with its own outcome. Throws `pipeline_stopped`. */
  apply(input: ApplyInput): Promise<ApplyResult>;

  /** Each names the version that whoever asks has seen: `fenced` when the row has another by now, `already` when it was done before. */
  retract(input: By & FileVersion): Promise<CorrectionResult>;
  recount(input: By & FileVersion): Promise<CorrectionResult>;
  release(input: By & FileVersion): Promise<CorrectionResult>;
  stop(input: By & { pipeline: string }): Promise<void>;
  resume(input: By & { pipeline: string }): Promise<void>;

  /** Throws config_invalid for a number that the ledger does not have, history_pruned for one that cannot be told any more. */
  /** A plan counts chosen files without touching the totals: under a name of its own, by the same workflows. */
  createPlan(input: CreatePlanInput): Promise<PlanRow>;
  /** Once its files are counted: writes down what applying it would do. Throws unknown_plan, plan_too_large. */
  sealPlan(input: { planId: string }): Promise<PlanSummary>;
  readPlan(input: { planId: string }): Promise<PlanSummary | null>;
  /** Newest first. */
  listPlans(input: { pipeline: string }): Promise<readonly PlanRow[]>;
  /** Does exactly what was sealed, in one transaction, or nothing. Throws pipeline_stopped, contribution_pruned. */
  applyPlan(input: ApplyPlanInput): Promise<ApplyPlanResult>;
  /** Forgets what plans counted that can be applied no more. Answers how many. */
  expirePlans(input: { pipeline: string; nowMs: number }): Promise<number>;
  /** What it would change, total by total. Throws plan_too_large, contribution_pruned. */
  planDifference(input: { planId: string }): Promise<DifferenceResult>;
  retractionDifference(input: { fileId: string }): Promise<DifferenceResult>;

  readTotals(input: ReadTotalsInput): Promise<TotalsPage>;
  /** Which files and ledger entries made the totals of one key. */
  explain(input: { pipeline: string; key: Uint8Array; period?: string }): Promise<ExplainResult>;
  /** Freezes the period and all before it; what comes for them later is posted as adjustments to the next. */
  closePeriod(input: By & { pipeline: string; period: string }): Promise<ClosePeriodResult>;
  /** The restored database begins a ledger of its own: numbers that were told before the restore may mean something else now. */
  markRestored(input: By & { pipeline: string }): Promise<{ readonly ledgerId: string }>;
  /** Forgets contributions, never what they came to: a bounded number with each call. */
  prune(input: PruneInput): Promise<PruneResult>;
  /** Erases the text of reject samples of files last changed before; counts and offsets stay. Answers how many receipts; 0: done. */
  eraseSamples(input: { pipeline: string; beforeMs: number; fileId?: string }): Promise<number>;
  /** The receipt of the latest counted version, or null. */
  readReceipt(fileId: string): Promise<Receipt | null>;
  /** What the totals hold of this file: a page of entries by period and key, and where the next begins. */
  readContribution(input: { fileId: string; after?: ContributionPosition }): Promise<ContributionPage>;
  readLedger(input: { pipeline: string; afterNumber: number; limit: number }): Promise<readonly LedgerEntry[]>;
  readStatus(input: { pipeline: string }): Promise<PipelineStatus>;
  /** Checks every invariant from one snapshot. Empty: all hold. */
  verify(input: { pipeline: string }): Promise<readonly Mismatch[]>;
  close(): Promise<void>;
}
