import { TallylineFailure } from '../../core/failures';
import type { ContributionPage, ContributionPosition } from '../sink';
import type { StoreTransaction } from '../store';
import { openPart } from './contribution-store';

/** One part of what the totals hold of a file. Throws unknown_file, and contribution_pruned when it is not kept any more. */
export async function readContributionPage(
  transaction: StoreTransaction,
  { fileId, after }: { readonly fileId: string; readonly after?: ContributionPosition },
): Promise<ContributionPage> {
  const [row] = await transaction.files.read([fileId]);
  if (row === undefined) throw new TallylineFailure('unknown_file', `the sink has no file ${fileId}`);
  const nothing = { period: '', entries: [], next: null };
  if (row.inVersion === null) return nothing;
  const parts = await transaction.contributions.parts([{ fileId, version: row.inVersion }]);
  if (parts.length === 0)
    throw new TallylineFailure('contribution_pruned', `the contribution of ${fileId} version ${row.inVersion} is not kept any more`);
  const isAfter = ({ period, part }: ContributionPosition) =>
    after === undefined || period > after.period || (period === after.period && part > after.part);
  const [wanted, further] = parts.filter(isAfter);
  if (wanted === undefined) return nothing;
  const [stored] = await transaction.contributions.read([wanted]);
  if (stored === undefined) return nothing;
  return {
    period: stored.period,
    entries: [...openPart(stored)],
    next: further === undefined ? null : { period: stored.period, part: stored.part },
  };
}
