/** The part of the sink that knows what should come: manifests, the files that they announce, and sources that should not fall silent. */
import type { ManifestFile } from '../core/manifest';
import type { LateFile } from '../core/late-manifest';

export interface ManifestAddress {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly manifestKey: string;
}

export interface KnownManifest {
  readonly manifestKey: string;
  readonly generation: string;
  /** Only what is `judged` need not be read again. */
  readonly state: 'stored' | 'judged' | 'malformed';
}

export interface PutManifestInput extends ManifestAddress {
  readonly generation: string;
  readonly isBatch: boolean;
  /** All that it speaks of; what it spoke of before and does no more is withdrawn. */
  readonly files: readonly ManifestFile[];
  readonly dueMs: number;
  readonly nowMs: number;
}

export interface PutManifestResult {
  /** Files that were counted and waited to be applied, set aside now as control_mismatch. */
  readonly quarantined: number;
  /** Files that are in the totals already, by sourceKey: `judgeManifest` judges those that the manifest means. None: it is judged. */
  readonly late: readonly { readonly sourceKey: string; readonly files: readonly LateFile[] }[];
}

/** A file in the totals that is not what a manifest says which came later. */
export interface LateMismatch {
  readonly fileId: string;
  readonly sourceKey: string;
  readonly detail: string;
}

export interface OverdueFile {
  readonly sourceId: string;
  readonly sourceKey: string;
  readonly manifestKey: string;
  readonly dueMs: number;
}

export interface SilentSource {
  readonly sourceId: string;
  /** Its last new file, or the first look at it. */
  readonly sinceMs: number;
  readonly everyMs: number;
}

export interface MalformedManifest {
  readonly sourceId: string;
  readonly manifestKey: string;
  readonly fault: string;
  readonly readMs: number;
}

export interface ExpectedStatus {
  /** Files that manifests list, that have not come and are past their time. */
  readonly overdueFiles: number;
  /** The first of them, at most EXPECTED_NAMED_MAX. */
  readonly overdue: readonly OverdueFile[];
  readonly silentSources: readonly SilentSource[];
  /** At most EXPECTED_NAMED_MAX. */
  readonly malformedManifests: readonly MalformedManifest[];
}

export interface ExpectedSink {
  readManifests(input: { pipeline: string; sourceId: string; manifestKeys: readonly string[] }): Promise<readonly KnownManifest[]>;
  /** Stores what it announces; then files that were counted and not applied yet are judged by it. Two transactions; again is harmless. */
  putManifest(input: PutManifestInput): Promise<PutManifestResult>;
  putMalformedManifest(input: ManifestAddress & { generation: string; isBatch: boolean; fault: string; nowMs: number }): Promise<void>;
  /**
   * Judges files that are in by what the manifest says. What the totals hold stays: the ledger gets a note, once.
   * Answers all that differ, noted before or now. With the last of them the manifest is `judged`, unless another generation of it was
   * read meanwhile.
   */
  judgeManifest(
    input: ManifestAddress & { generation: string; fileIds: readonly string[]; isLast: boolean; nowMs: number },
  ): Promise<readonly LateMismatch[]>;
  /** Forgets malformed manifests of the source that no complete scan has read since `beforeMs`: they are gone. */
  forgetManifests(input: { pipeline: string; sourceId: string; beforeMs: number }): Promise<number>;
  /** From now on the source is expected to bring a new file this often, or, by null, is not expected to. */
  expectArrivals(input: { pipeline: string; sourceId: string; everyMs: number | null; nowMs: number }): Promise<void>;
  readExpected(input: { pipeline: string; nowMs: number }): Promise<ExpectedStatus>;
}
