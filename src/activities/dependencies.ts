/** The ports that activities act through. Workers pass them in; tests pass in others. */
import type { CompressionRule } from '../core/compression';
import type { DisposeAction, DisposeKind, DisposeOutcome } from '../core/disposal';
import type { Format } from '../core/format';
import type { PeriodRule } from '../core/plan';
import type { Policies } from '../core/policies';
import type { QuarantineReason } from '../core/failures';
import type { ScanSettings } from '../contracts/activity-types';
import type { PoolShare } from '../kernel/thread-pool';
import type { CountedBlob, CountedSplit, CountJob } from '../kernel/thread-messages';
import type { ApplyOutcome, PipelineMeaning, Sink } from '../sinks/sink';
import type { Source } from '../sources/source';
import type { SourceOptions } from '../sources/source-options';

/** One pipeline as this worker knows it. Counting never uses its format: the plan in the file row does. */
export interface PipelineSettings {
  readonly pipeline: string;
  readonly meaning: PipelineMeaning;
  readonly quietPeriodMs: number;
  readonly requireMarkedDone: boolean;
  /** Where the source has manifests. */
  readonly manifests?: { readonly isRequired: boolean };
  readonly expect: ExpectSettings;
  readonly format: Format;
  readonly compression: CompressionRule;
  readonly periodRule: PeriodRule;
  readonly policies: Policies;
  readonly retention: { readonly contributionsMs: number; readonly rejectSamplesMs: number };
  /** Absent: counted files are kept. */
  readonly afterCounting?: AfterCounting;
  readonly splitBytes?: number;
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  readonly readBytesPerSecond: number | undefined;
  readonly share: PoolShare;
  readonly scanSettings: ScanSettings;
}

/** One whose files this worker can read. */
export interface PipelineRuntime extends PipelineSettings {
  readonly source: Source;
  readonly sourceOptions: SourceOptions;
}

export interface AfterCounting {
  readonly action: DisposeAction;
  readonly afterMs: number;
}

export interface ExpectSettings {
  /** Null: nothing is expected but what manifests list. */
  readonly everyMs: number | null;
  readonly withinMs: number;
}

/** Counts splits somewhere off the event loop. */
export interface SplitCounting {
  run(
    job: CountJob,
    hooks: {
      readonly signal: AbortSignal;
      readonly onStart: () => void;
      readonly onCheckpoint: (checkpoint: CountedBlob) => void;
      readonly onProgress: () => void;
    },
    share: PoolShare,
  ): Promise<CountedSplit>;
}

/** What the activities report; names and labels are the catalogue's in observability. */
export interface ActivityMetrics {
  splitCounted(pipeline: string, counted: CountedSplit, seconds: number): void;
  splitResumed(pipeline: string, fromOffset: number): void;
  checkpointStored(pipeline: string): void;
  filesQuarantined(pipeline: string, reason: QuarantineReason, files: number): void;
  /** Files in the totals that are not what a manifest says which came later. */
  lateMismatches(pipeline: string, files: number): void;
  applied(pipeline: string, outcomes: readonly ApplyOutcome[], seconds: number): void;
  disposed(pipeline: string, kind: DisposeKind, outcome: DisposeOutcome | 'failed'): void;
  /** Requests to the storage that one page of a listing cost. */
  listed(pipeline: string, requests: number): void;
  scanned(pipeline: string, outcome: 'complete' | 'incomplete'): void;
  /** A scan of a schedule began so long after it was due. */
  scanStarted(pipeline: string, delayMs: number): void;
  /** A file came into the totals so long after its first sight. */
  published(pipeline: string, ageMs: number, sizeBytes: number): void;
  verified(pipeline: string, mismatches: number): void;
  /** Work for an agent waited longer than its `awayAfter`. */
  agentAway(pipeline: string): void;
  /** A failure left an activity, under a code of the catalogue or another word. */
  readonly failed: (code: string, pipeline: string) => void;
}

/** Where agents and the intake lay things down for each other. Throws exchange_unavailable. */
export interface Exchange {
  put(name: string, content: Uint8Array): Promise<void>;
  /** Null when nothing is there. */
  read(name: string): Promise<Uint8Array | null>;
  /** One page of names that begin with `prefix`, in their order. */
  list(prefix: string, after: string): Promise<ExchangePage>;
  remove(name: string): Promise<void>;
}

export interface ExchangePage {
  readonly found: readonly { readonly name: string; readonly modifiedAtMs: number }[];
  /** Pass it as `after` to go on; null: there is no more. */
  readonly nextAfter: string | null;
}

/** What every worker has that counts. */
export interface CountingDependencies {
  readonly pipelines: ReadonlyMap<string, PipelineSettings | PipelineRuntime>;
  readonly counting: SplitCounting;
  readonly metrics: ActivityMetrics;
  readonly now: () => number;
  /** Aborted when the worker begins to shut down: waits end at once, counting goes on within its grace. */
  readonly draining: AbortSignal;
}

/** An agent has no database. */
export interface AgentDependencies extends CountingDependencies {
  readonly exchange: Exchange;
}

export interface ActivityDependencies extends CountingDependencies {
  readonly sink: Sink;
  /** Wakes the pipeline's aggregation; calls that come close together may be one. */
  readonly wake: (pipeline: string) => Promise<void>;
  /** For a file that waits: sends no more than one wake in WAKE_AGAIN_MS, however many files wait. */
  readonly wakeAgain: (pipeline: string) => Promise<void>;
}

export interface IntakeDependencies extends ActivityDependencies {
  readonly exchange: Exchange;
}
