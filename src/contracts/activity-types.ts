/** The activities by role, with what goes in and out. Workflows know only these interfaces. */
import type { BackfillChoice } from './backfill-choice';
import type { PlanAllowances } from '../core/plan-choice';
import type { FileResult, FileSettings, VerifyResult } from './workflow-types';

export interface PipelineInput {
  readonly pipeline: string;
}

export interface ReadScanSettingsInput extends PipelineInput {
  /** How long after it was due the scan began, where a schedule started it and it was not counted before. */
  readonly startDelayMs?: number;
}

export interface ScanSettings {
  readonly windowFiles: number;
  readonly file: FileSettings;
  /** Where agents have the files. */
  readonly agentAwayAfterMs?: number;
}

export interface ScanStart extends ScanSettings {
  /** Why the pipeline is stopped, or null. */
  readonly stopReason: string | null;
  /** By the clock of the workers, which also says when a file was seen. */
  readonly nowMs: number;
  /** Files are seen or being counted. Absent in histories of before: there may be some. */
  readonly hasWaiting?: boolean;
}

export interface ListSourceInput extends PipelineInput {
  readonly cursor: string | null;
  /** Of the stretches before this one. */
  readonly problem: string | null;
  readonly startedAtMs: number;
}

/** What one bounded stretch of listing found. */
export interface ListSourceResult {
  /** Null: the listing is complete. */
  readonly cursor: string | null;
  readonly listed: number;
  readonly registered: number;
  readonly unsettled: number;
  readonly quarantined: number;
  /** Requests to the storage that it cost; a directory costs none. */
  readonly listRequests: number;
  /** The first thing that could not be looked at, in this stretch or before it, or null. */
  readonly problem: string | null;
}

/** Files whose workflow may have been lost, or files that wait for room in the window. */
export type StartPhase = 'counting' | 'seen';

export interface NextFilesInput extends PipelineInput {
  /** Of an agent; without it the one that is configured. */
  readonly sourceId?: string;
  readonly phase: StartPhase;
  readonly afterSequence: number;
  readonly windowFiles: number;
}

export interface StartableFile {
  readonly fileId: string;
  readonly version: number;
  /** Escaped and cut for display, with a digest when cut. */
  readonly file: string;
  /** The whole escaped sourceKey, unless a bounded payload has no room for it; then `file`. */
  readonly sourceKey: string;
  readonly sizeBytes: number;
}

export interface NextFilesResult {
  readonly files: readonly StartableFile[];
  /** Pass it on as afterSequence. */
  readonly lastSequence: number;
  /** More rows of this phase than these wait to be started. */
  readonly hasMore: boolean;
}

export interface ScanActivities {
  readScanSettings(input: ReadScanSettingsInput): Promise<ScanStart>;
  listSource(input: ListSourceInput): Promise<ListSourceResult>;
  nextFiles(input: NextFilesInput): Promise<NextFilesResult>;
  reportIncompleteScan(input: PipelineInput & { readonly problem: string }): Promise<void>;
  listBackfill(input: ListBackfillInput): Promise<ListBackfillResult>;
  watchFiles(input: PipelineInput & { readonly fileIds: readonly string[] }): Promise<WatchFilesResult>;
}

export interface WatchFilesResult {
  /** How many files are in each state. */
  readonly states: Readonly<Record<string, number>>;
  /** Those that have not come to an end yet. */
  readonly pendingFileIds: readonly string[];
}

export interface ListBackfillInput extends PipelineInput {
  /** Of chosen keys only the next few: all of them with every page would make a history of many megabytes. */
  readonly choice: BackfillChoice;
  readonly cursor: string | null;
}

export interface ListBackfillResult {
  /** Pass it on, also while there is no room in the window and the page is empty. Of chosen keys: how many of those given are done. */
  readonly cursor: string | null;
  readonly hasMore: boolean;
  /** The first thing that could not be looked at, or null. */
  readonly problem: string | null;
  readonly matched: number;
  readonly files: readonly StartableFile[];
  /** Chosen files that need no start, by state. */
  readonly states: Readonly<Record<string, number>>;
  readonly settings: ScanSettings;
}

export interface FileActivityInput extends PipelineInput {
  readonly fileId: string;
  readonly version: number;
}

export interface AdmitFileResult {
  readonly splitCount: number;
  readonly planDigest: string;
  /** Of what a split is counted from: its bytes, or what a compressed file may hold. */
  readonly splitBytesMax: number;
  /** Splits whose partial is stored already. */
  readonly storedSplits: readonly number[];
}

export interface CountSplitInput extends FileActivityInput {
  readonly planDigest: string;
  readonly splitIndex: number;
}

export interface CountSplitResult {
  readonly splitIndex: number;
  readonly nextOffset: number;
  readonly records: number;
  readonly rejected: number;
  /** The split cannot be counted by this plan, and the file has another one now: admitting it anew says which. */
  readonly planReplaced?: true;
}

export interface CountActivities {
  /** Counts every split of the file here, hands it over and ends when it is applied. */
  countFile(input: FileActivityInput): Promise<FileResult>;
  admitFile(input: FileActivityInput): Promise<AdmitFileResult>;
  countSplit(input: CountSplitInput): Promise<CountSplitResult>;
  /** Marks the file counted, wakes the aggregation and ends when the file is applied. */
  handOver(input: FileActivityInput): Promise<HandOverResult>;
  cancelFile(input: FileActivityInput): Promise<CancelFileResult>;
}

/** `incomplete`: splits have to be counted again; admitting the file anew says which. */
export type HandOverResult = { readonly kind: 'applied'; readonly result: FileResult } | { readonly kind: 'incomplete' };

/** `too_late`: the file was counted already, so the cancel is ignored. */
export interface CancelFileResult {
  readonly outcome: 'cancelled' | 'too_late';
}

export interface ApplyActivities {
  applyCounted(input: PipelineInput): Promise<ApplyCountedResult>;
  createPlan(input: CreatePlanActivityInput): Promise<CreatedPlan>;
  /** After its files were counted. */
  sealPlan(input: PipelineInput & { readonly planId: string }): Promise<SealedPlan>;
  /** Stops the pipeline when the sink contradicts itself. */
  verifySink(input: PipelineInput): Promise<VerifyResult>;
}

export interface CreatePlanActivityInput extends PipelineInput {
  readonly planId: string;
  readonly description: string;
  readonly allowances: PlanAllowances;
  readonly lifetimeMs: number;
}

export interface CreatedPlan {
  readonly shadow: string;
  readonly expiresAt: string;
}

export interface SealedPlan {
  readonly files: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

export interface ApplyCountedResult {
  readonly applied: number;
  readonly remaining: number;
  /** Why the pipeline is stopped, so that nothing can be applied now, or null. */
  readonly stopReason: string | null;
}
