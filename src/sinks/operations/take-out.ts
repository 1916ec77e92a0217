import type { StoredFile } from '../store';
import { moveRow } from './row-change';

/** The row of a file whose contribution leaves the totals. It keeps the digest of what was taken out, not of a count under way. */
export function takeOutRow(row: StoredFile, event: { readonly kind: 'retract' | 'supersede' }, nowMs: number): StoredFile {
  return moveRow({ ...row, contentDigest: row.inContentDigest }, event, { nowMs });
}
