/** What the judges of the model know: the rows around one operation, what the emitter wrote, and the policies. */
import type { Policies } from '../../src/core/policies';
import type { FileRow } from '../../src/sinks/sink';
import type { StoredPartial } from '../../src/sinks/store';
import type { KnownFiles } from './known-files';
import type { Answer, Operation } from './operation';

export interface Knowledge {
  readonly files: KnownFiles;
  readonly policies: Policies;
  /** The period of the contribution of this row that the totals hold. */
  periodIn(row: FileRow): string | undefined;
}

export interface Episode {
  readonly operation: Operation;
  readonly before: readonly FileRow[];
  readonly after: readonly FileRow[];
  /** What was stored before of the files that the operation looks at. */
  readonly partials: readonly StoredPartial[];
  /** The pipeline was stopped when the operation began. */
  readonly isStopped: boolean;
  /** An answer; `crashed`: it may have happened or not; `stopped`: refused as the pipeline is stopped. */
  readonly end: Answer | 'crashed' | 'stopped';
}

/** What one row became, as a text: `same`, or its state, `+1` if its version rose by one, and its reason if it has one. */
export function endingOf(before: FileRow, after: FileRow): string {
  const isSame =
    before.state === after.state &&
    before.version === after.version &&
    before.inVersion === after.inVersion &&
    before.reason === after.reason &&
    before.missingTimes === after.missingTimes;
  if (isSame) return 'same';
  const raised = after.version - before.version;
  return `${after.state}${raised === 0 ? '' : `+${raised}`}${after.reason === null ? '' : `:${after.reason}`}`;
}

export function isIn(row: FileRow | undefined): boolean {
  return row !== undefined && row.inVersion !== null;
}

export type PartialsState = 'complete' | 'incomplete' | 'damaged';

/** Whether what is stored of this row is the count of its file, by the partials that were made for it. */
export function partialsOf(row: FileRow, { partials }: Pick<Episode, 'partials'>, { files }: Knowledge): PartialsState {
  const plan = files.contentOf(row).plans.find(({ planDigest }) => planDigest === row.planDigest);
  const own = partials.filter(
    ({ fileId, version, planDigest }) => fileId === row.fileId && version === row.version && planDigest === row.planDigest,
  );
  let state: PartialsState = 'complete';
  for (const { splitIndex, blob } of plan?.partials ?? []) {
    const stored = own.find((partial) => partial.splitIndex === splitIndex);
    if (stored === undefined) state = state === 'damaged' ? state : 'incomplete';
    else if (Buffer.compare(stored.blob, blob) !== 0) state = 'damaged';
  }
  return state;
}
