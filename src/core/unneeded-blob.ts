import { isTerminal, type FileRowState } from './file-row';
import { CLAIM_ORPHAN_MS } from './limits';

/** Whether nobody needs any more what lies outside the database for one version of a file, whose row may be away. */
export function isBlobUnneeded(
  row: Pick<FileRowState, 'version' | 'state'> | undefined,
  blob: { readonly version: number; readonly ageMs: number },
): boolean {
  // A row may be away because the database was restored: then its next count lays it down again.
  if (row === undefined) return blob.ageMs > CLAIM_ORPHAN_MS;
  return row.version > blob.version || (row.version === blob.version && isTerminal(row.state));
}
