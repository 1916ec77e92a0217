/** What crosses the edge between the pool and its threads. All of it is plain data. */
import type { FailureCode } from '../core/failures';
import type { Plan } from '../core/plan';
import type { EntriesFile } from './count-options';
import type { FileToOpen } from '../sources/source';
import type { SourceOptions } from '../sources/source-options';

/** One split to count. */
export interface CountJob {
  /** The thread opens the source by itself. */
  readonly sourceOptions: SourceOptions;
  readonly file: FileToOpen;
  readonly plan: Plan;
  readonly splitIndex: number;
  /** An encoded checkpoint to go on from. */
  readonly resume: Uint8Array | null;
  readonly checkpointBytes: number;
  readonly checkpointIntervalMs: number;
  readonly readBytesPerSecond: number | undefined;
  readonly isDigested?: boolean;
  readonly entriesBytesMax?: number;
  /** One 64-bit number, to which the bytes read are added. */
  readonly progress?: SharedArrayBuffer;
}

/** An encoded partial, complete or not, with the sha256 of its bytes (hex). */
export interface CountedBlob {
  readonly blob: Uint8Array;
  readonly digest: string;
  readonly nextOffset: number;
}

export interface CountedSplit extends CountedBlob {
  /** The entries, where the blob has none of them. */
  readonly run?: EntriesFile;
  readonly readBytes: number;
  readonly records: number;
  readonly rejected: number;
  readonly blanks: number;
}

export type ToThread = { readonly kind: 'count'; readonly job: CountJob } | { readonly kind: 'cancel' };

export type FromThread =
  | { readonly kind: 'checkpoint'; readonly checkpoint: CountedBlob }
  /** Bytes were read, but there is no new checkpoint. */
  | { readonly kind: 'progress' }
  | { readonly kind: 'counted'; readonly counted: CountedSplit }
  /** `code` is null for an error that is no TallylineFailure; `fact` is its text then. */
  | { readonly kind: 'failed'; readonly code: FailureCode | null; readonly fact: string };
