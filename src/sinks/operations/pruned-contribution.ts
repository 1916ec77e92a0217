import type { Receipt } from '../../core/receipt';
import type { FileVersion } from '../sink';
import type { StoreTransaction } from '../store';

/**
 * Whether a contribution that is kept no more is known again: the same bytes counted by the same plan come to the same.
 * False where it is still there.
 */
export async function isKnownAgain(transaction: StoreTransaction, version: FileVersion, receipt: Receipt): Promise<boolean> {
  if ((await transaction.contributions.parts([version])).length > 0) return false;
  const [before] = await transaction.receipts.read([version]);
  return before?.receipt.contentDigest === receipt.contentDigest && before.receipt.planDigest === receipt.planDigest;
}
