/**
 * A store of a worker that has no bucket for claim checks. What another worker put there is not damaged: taken for that, it would be
 * counted again and again, and set aside in the end.
 */
import { TallylineFailure } from '../core/failures';
import { isClaim } from './claim-checks';
import type { BlobTable, Store, StoreTransaction } from './store';

export function refuseClaims(store: Store): Store {
  return {
    transaction: (work) => store.transaction((transaction) => work(guarded(transaction))),
    snapshot: (work) => store.snapshot((transaction) => work(guarded(transaction))),
    check: () => store.check(),
    collectOutside: (nowMs) => store.collectOutside(nowMs),
    close: () => store.close(),
  };
}

function guarded(transaction: StoreTransaction): StoreTransaction {
  const { blobs } = transaction;
  const partials: BlobTable['partials'] = async (files) => {
    const rows = await blobs.partials(files);
    const claim = rows.find(({ blob }) => isClaim(blob));
    if (claim === undefined) return rows;
    const fact = `partials of file ${claim.fileId} lie in a bucket, and this worker has no \`sink.claimChecks\``;
    throw new TallylineFailure('config_mismatch', fact);
  };
  return { ...transaction, blobs: { ...blobs, partials } };
}
