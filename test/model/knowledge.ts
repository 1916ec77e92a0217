/** What the judges of the model know: the rows around one operation, what the emitter wrote, and the policies. */
import type { Policies } from '../../src/core/policies';
import type { FileRow, LedgerEntry } from '../../src/sinks/sink';
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
  /** Of the files under way, as stored before and after. */
  readonly partials: readonly StoredPartial[];
  readonly partialsAfter: readonly StoredPartial[];
  readonly ledgerAfter: readonly LedgerEntry[];
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

/** Whether what is stored of this row is the count of its file. */
export function partialsOf(row: FileRow, partials: readonly StoredPartial[], knowledge: Knowledge): PartialsState {
  const own = comparePartials(row, partials, knowledge);
  if (own.includes('wrong')) return 'damaged';
  return own.includes('missing') ? 'incomplete' : 'complete';
}

/** Per split, by the partials that were made for this file. */
export function comparePartials(
  row: FileRow,
  partials: readonly StoredPartial[],
  { files }: Knowledge,
): readonly ('right' | 'wrong' | 'missing')[] {
  const { fileId, version, planDigest } = row;
  const plan = files.contentOf(row).plans.find((each) => each.planDigest === planDigest);
  const own = partials.filter((partial) => partial.fileId === fileId && partial.version === version && partial.planDigest === planDigest);
  return (plan?.partials ?? []).map(({ splitIndex, blob }) => {
    const stored = own.find((partial) => partial.splitIndex === splitIndex);
    if (stored === undefined) return 'missing';
    return Buffer.compare(stored.blob, blob) === 0 ? 'right' : 'wrong';
  });
}
