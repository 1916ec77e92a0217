/** Input and result of each workflow. They lie in histories: fields are added, never changed. */

import type { PlanAllowances } from '../core/plan-choice';

/** How one file workflow counts. Travels in its input, so that every worker schedules the same steps. */
export interface FileSettings {
  /** Files up to this size are counted by one activity that also hands them over. */
  readonly wholeFileBytesMax: number;
  /** What such a file may hold where files are decompressed: counting takes time for that. */
  readonly wholeFilePlainBytesMax?: number;
  readonly windowSplits: number;
  readonly heartbeatTimeoutMs: number;
  /** The agent that has the file on its volume and counts it. */
  readonly agent?: AgentAddress;
}

export interface AgentAddress {
  readonly sourceId: string;
  /** An agent that takes nothing up for this long is told to be away. */
  readonly awayAfterMs: number;
}

export interface FileInput {
  readonly pipeline: string;
  readonly fileId: string;
  readonly version: number;
  /** For people: the escaped sourceKey, cut. The full one is in the memo. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly settings: FileSettings;
}

/** What the Web UI shows of a finished file. */
export interface FileResult {
  readonly state: 'in' | 'alias';
  readonly file: string;
  readonly bytes: number;
  /** Of a file that was decompressed. */
  readonly plainBytes?: number;
  readonly lines: number;
  readonly records: number;
  readonly blanks: number;
  readonly rejected: number;
  readonly splits: number;
  readonly contentDigest: string;
}

/** What a scan has seen and done, over all its runs. */
interface ScanCounts {
  readonly listed: number;
  readonly registered: number;
  readonly unsettled: number;
  readonly quarantined: number;
  readonly started: number;
  readonly runs: number;
  /** Requests to the storage that listing cost. Absent in what versions before 0.2 left in histories. */
  readonly listRequests?: number;
}

/** Carried over continue-as-new. */
export interface ScanProgress extends ScanCounts {
  readonly listing: 'not started' | 'under way' | 'done';
  readonly cursor: string | null;
  /** The first thing that could not be looked at, or null. */
  readonly problem: string | null;
  readonly startedAtMs: number;
  readonly phase: 'counting' | 'seen';
  readonly afterSequence: number;
}

export interface ScanInput {
  readonly pipeline: string;
  readonly sourceId: string;
  /** An agent reads this source. */
  readonly isAgent?: true;
  /** Only ever set by continue-as-new. */
  readonly progress?: ScanProgress;
}

export interface ScanResult extends ScanCounts {
  /** False: something could not be listed, so this scan has not seen everything. Nothing is inferred to be gone. */
  readonly complete: boolean;
  readonly problem?: string;
}

export interface AggregateInput {
  readonly pipeline: string;
}

export interface AggregateResult {
  /** Of the last run; earlier ones continued as new. */
  readonly applied: number;
}

/** Exactly one of `keys`, `prefix` or a time range must be given. */
export interface BackfillInput {
  readonly pipeline: string;
  /** Escaped sourceKeys, as `tallyline files` prints them; at most 500. */
  readonly keys?: readonly string[];
  readonly prefix?: string;
  /** ISO 8601 instants; files last modified in [modifiedFrom, modifiedTo). */
  readonly modifiedFrom?: string;
  readonly modifiedTo?: string;
  /** The agent's source, where agents have the files. */
  readonly sourceId?: string;
  /** Only ever set by continue-as-new. */
  readonly progress?: BackfillProgress;
}

/** Files are chosen as for a backfill; the rest says what the plan may do with them (core/plan-choice). */
export interface PlanInput extends Omit<BackfillInput, 'progress'>, PlanAllowances {
  /** How long it can be applied; a week where it is not given. */
  readonly lifetimeMs?: number;
}

export interface PlanResult {
  readonly planId: string;
  /** The name under which its files were counted: `TallylinePipeline` of their workflows. */
  readonly shadow: string;
  readonly expiresAt: string;
  readonly files: number;
  /** How many files would be counted, recounted or released, and how many left as they are and why. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** False: something could not be looked at, so that chosen files may be missing. */
  readonly complete: boolean;
  readonly problem?: string;
}

export interface VerifyInput {
  readonly pipeline: string;
}

export interface VerifyResult {
  readonly mismatches: number;
  readonly first: string | null;
}

export interface BackfillProgress {
  /** Of the listing; of chosen keys: how many of them are done. */
  readonly cursor: string | null;
  readonly problem: string | null;
  readonly matched: number;
  readonly started: number;
  readonly states: Readonly<Record<string, number>>;
}

export interface BackfillResult {
  /** False: something could not be looked at, so that chosen files may be missing. */
  readonly complete: boolean;
  readonly problem?: string;
  readonly matched: number;
  readonly started: number;
  /** How many of the chosen files ended in each state. */
  readonly states: Readonly<Record<string, number>>;
}
