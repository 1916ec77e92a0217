/** Contributions of versions, as stored and as lists of entries. */
import { TallylineFailure } from '../../core/failures';
import { decodeEntries, encodeEntries } from '../../core/partial-codec';
import { sha256Hex } from '../content-digest';
import type { FileVersion } from '../sink';
import type { StoredContribution, StoredFile, StoreTransaction } from '../store';
import type { Contribution } from './working-totals';

export function toStoredContribution({ fileId, version }: FileVersion, { period, entries }: Contribution): StoredContribution {
  const blob = encodeEntries(entries);
  return { fileId, version, period, digest: sha256Hex(blob), blob };
}

/** What the totals hold of this file. Throws invariant_violated when it is damaged or gone: then nobody knows what to take out. */
export async function readContributionIn(transaction: StoreTransaction, row: StoredFile): Promise<readonly Contribution[]> {
  if (row.inVersion === null) return [];
  const stored = await transaction.contributions.read([{ fileId: row.fileId, version: row.inVersion }]);
  if (stored.length === 0)
    throw new TallylineFailure('invariant_violated', `the contribution of ${row.fileId} version ${row.inVersion} is gone`);
  return stored.map(openContribution);
}

/** Throws invariant_violated when it is damaged. */
export function openContribution({ fileId, version, period, digest, blob }: StoredContribution): Contribution {
  if (sha256Hex(blob) !== digest)
    throw new TallylineFailure('invariant_violated', `the contribution of ${fileId} version ${version} is damaged`);
  return { period, entries: decodeEntries(blob) };
}
