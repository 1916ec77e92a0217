/** Where an attempt writes down what it counted, and who decides about its file: the database, or, for an agent, the exchange. */
import type { CountSplitResult } from '../contracts/activity-types';
import type { QuarantineReason, TallylineFailure } from '../core/failures';
import type { Plan } from '../core/plan';
import type { PutBlobResult, Sink } from '../sinks/sink';
import type { FileToOpen } from '../sources/source';
import type { PipelineRuntime } from './dependencies';

export interface SplitToCount {
  readonly runtime: PipelineRuntime;
  readonly file: CountedFile;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly splitIndex: number;
  /** Of an attempt before this activity was begun anew. */
  readonly heartbeat?: unknown;
}

/** One version of it. */
export interface CountedFile extends FileToOpen {
  readonly fileId: string;
  readonly version: number;
}

export type CheckpointStore = Pick<Sink, 'putCheckpoint' | 'readCheckpoint'>;

export interface SplitBooks extends CheckpointStore {
  putPartial: (partial: Parameters<Sink['putPartial']>[0]) => Promise<PutBlobResult>;
  /** Another split found that records span lines, and the file has another plan now. */
  isReplaced(): Promise<boolean>;
  /** `fact`: which record spans lines. */
  replacePlan(fact: string): Promise<CountSplitResult>;
  /** Answers with what the attempt fails with. */
  setAside(reason: QuarantineReason, detail: string): Promise<TallylineFailure>;
}
