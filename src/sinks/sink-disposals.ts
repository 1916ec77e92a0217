/** The part of the sink that knows what became of source files after they were counted. */
import type { DisposalPlace, DisposalState, DisposeOutcome } from '../core/disposal';
import type { FileVersion } from './sink';

export interface FileToDispose extends FileVersion {
  readonly sequence: number;
  readonly sourceKey: string;
  readonly generation: string;
  readonly sizeBytes: number;
  /** What an earlier attempt was allowed to do and did not end; null: nothing. */
  readonly begun: DisposalPlace | null;
}

export interface FilesToDisposeInput {
  readonly pipeline: string;
  readonly sourceId: string;
  /** Only files that were put into the totals before. */
  readonly appliedBeforeMs: number;
  readonly afterSequence: number;
  /** File rows that are looked at; fewer are given. */
  readonly limit: number;
}

export interface FilesToDispose {
  /** In order of sequence. */
  readonly files: readonly FileToDispose[];
  /** Where to go on, or null: there are no more. */
  readonly nextAfterSequence: number | null;
}

export interface BeginDisposalInput extends FileVersion, DisposalPlace {
  readonly appliedBeforeMs: number;
  readonly nowMs: number;
}

export interface RecordDisposalInput extends FileVersion, DisposalPlace {
  readonly outcome: DisposeOutcome;
  readonly nowMs: number;
}

export interface Disposal extends FileVersion, DisposalPlace {
  readonly state: DisposalState;
  readonly begunMs: number;
  /** Null: it is `begun`. */
  readonly endedMs: number | null;
}

export interface DisposalSink {
  /**
   * Files of the source whose own contribution is in the totals, with its ledger entry, and kept, and that were not disposed of at this
   * version. Never an alias (another file stands for it in the totals), and never a file of a plan.
   */
  filesToDispose(input: FilesToDisposeInput): Promise<FilesToDispose>;
  /** Those whose disposal was begun and has no end, whatever became of their rows since; oldest first. */
  begunDisposals(input: { pipeline: string; sourceId: string; limit: number }): Promise<readonly FileToDispose[]>;
  /**
   * To be asked right before the source is touched: true, and written down, only if all that `filesToDispose` asks for holds now. What is
   * corrected afterwards finds this written down. Throws pipeline_stopped.
   */
  beginDisposal(input: BeginDisposalInput): Promise<boolean>;
  /** Writes down how it ended; what was done has a note in the ledger. Done again it changes nothing. Answers what is known now. */
  recordDisposal(input: RecordDisposalInput): Promise<DisposalState | null>;
  /** Of these files, the latest version of each. */
  readDisposals(input: { fileIds: readonly string[] }): Promise<readonly Disposal[]>;
}
