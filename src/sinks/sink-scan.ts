/** What goes in and out of the sink while a source is listed and files are started. */
export interface SeenFile {
  readonly fileId: string;
  readonly sourceKey: string;
  readonly generation: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly isMarkedDone: boolean;
  /** Beside it. */
  readonly manifest?: { readonly sourceKey: string; readonly generation: string };
}

export interface RegisterPageInput {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly files: readonly SeenFile[];
  readonly nowMs: number;
  /** Settled: older than this, or the same generation at two looks this far apart, or marked done. */
  readonly quietPeriodMs: number;
  /** Only marked files are settled (a source with a doneMarker). */
  readonly requireMarkedDone: boolean;
  /** Where the source has manifests: which files wait for theirs. */
  readonly manifests?: { readonly isRequired: boolean };
}

export interface RegisterPageResult {
  readonly registered: number;
  readonly unsettled: number;
  readonly known: number;
  /** Set aside by this page, by reason. */
  readonly quarantined: Readonly<Record<'path_too_long' | 'generation_returned', number>>;
}

export interface FileToStart {
  readonly fileId: string;
  readonly version: number;
  readonly sequence: number;
  readonly sourceKey: string;
  readonly generation: string;
  readonly sizeBytes: number;
}

export interface FilesToStartInput {
  readonly pipeline: string;
  readonly sourceId: string;
  /** `counting`: those whose workflow may have been lost, whatever the window. `seen`: those that the window has room for. */
  readonly state: 'counting' | 'seen';
  /** Rows of this state up to this sequence were started by the caller already; the next ones follow it. */
  readonly afterSequence: number;
  readonly windowFiles: number;
  readonly limitFiles: number;
}

export interface FilesToStart {
  /** Oldest first. */
  readonly files: readonly FileToStart[];
  /** Rows `counting` or `counted`, and rows `seen` that the caller started already. */
  readonly inFlight: number;
  /** More rows of this state follow these files, or wait for room. */
  readonly hasMore: boolean;
}
