/** Every change of a file row: decided by core, stamped, written, and its blobs collected when nothing needs them any more. */
import { decideTransition, isTerminal, type FileEvent } from '../../core/file-row';
import { assertInvariant } from '../../core/failures';
import { FAILURE_DETAIL_CHARACTERS_MAX } from '../../core/limits';
import type { StoredFile, StoreTransaction } from '../store';

export interface RowChange {
  readonly kind: 'moved' | 'already' | 'fenced' | 'refused';
  /** After the change; as it was unless `moved`. */
  readonly row: StoredFile;
}

/** `detail` is kept only with a reason. Version-bound columns go with their version: a plan holds for one version. */
export function changeRow<Row extends Omit<StoredFile, 'sequence'>>(
  row: Row,
  event: FileEvent,
  change: { readonly nowMs: number; readonly detail?: string },
): { readonly kind: RowChange['kind']; readonly row: Row } {
  const transition = decideTransition(row, event);
  if (transition.kind !== 'moved') return { kind: transition.kind, row };
  const next = transition.row;
  const detail = next.reason === null ? null : (change.detail ?? '').slice(0, FAILURE_DETAIL_CHARACTERS_MAX);
  const plan = next.version === row.version ? {} : { plan: null, planDigest: null };
  const content = next.inVersion === row.inVersion ? {} : { inContentDigest: next.inVersion === null ? null : row.contentDigest };
  return { kind: 'moved', row: { ...row, ...next, ...plan, ...content, detail, updatedMs: change.nowMs } };
}

/** For a change that the caller has made sure of. Throws invariant_violated when it is not moved. */
export function moveRow(row: StoredFile, event: FileEvent, change: { readonly nowMs: number; readonly detail?: string }): StoredFile {
  const changed = changeRow(row, event, change);
  assertInvariant(
    changed.kind === 'moved',
    `${event.kind} of ${row.fileId} in state ${row.state} at version ${row.version} is ${changed.kind}`,
  );
  return changed.row;
}

export async function saveRows(transaction: StoreTransaction, rows: readonly StoredFile[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.files.update(rows);
  await transaction.blobs.collect(rows.filter(({ state }) => isTerminal(state)));
}

export async function lockFile(transaction: StoreTransaction, fileId: string): Promise<StoredFile | null> {
  const [row] = await transaction.files.lock([fileId]);
  return row ?? null;
}
