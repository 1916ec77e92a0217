/** Checks every invariant of one pipeline, from one snapshot and in bounded memory. Repairs nothing. */
import { VERIFY_FILES_PER_PAGE } from '../../core/limits';
import type { Mismatch } from '../sink';
import type { StoreTransaction } from '../store';
import { Mismatches } from './mismatches';
import { requirePipeline } from './pipeline-lock';
import { verifyFiles } from './verify-files';
import { verifyTotals } from './verify-totals';

const LEDGER_PAGE_ENTRIES = 10_000;

export async function verify(transaction: StoreTransaction, { pipeline }: { readonly pipeline: string }): Promise<readonly Mismatch[]> {
  const row = requirePipeline(await transaction.pipelines.read(pipeline), pipeline);
  const mismatches = new Mismatches();
  await verifyLedgerNumbers(transaction, pipeline, row.ledgerSequence, mismatches);
  await verifyFiles(transaction, row, mismatches);
  for (const fileId of await transaction.blobs.uncollected(pipeline, VERIFY_FILES_PER_PAGE)) {
    mismatches.expect('partials_collected', fileId, 'no partial or checkpoint', 'some');
  }
  await verifyTotals(transaction, row, mismatches);
  return mismatches.found;
}

/** 1, 2, 3 … up to the pipeline's ledger sequence. */
async function verifyLedgerNumbers(
  transaction: StoreTransaction,
  pipeline: string,
  ledgerSequence: number,
  mismatches: Mismatches,
): Promise<void> {
  let last = 0;
  for (;;) {
    const page = await transaction.ledger.page(pipeline, last, LEDGER_PAGE_ENTRIES);
    for (const { number } of page) {
      mismatches.expect('ledger_gapless', pipeline, last + 1, number);
      last = number;
    }
    if (page.length < LEDGER_PAGE_ENTRIES || mismatches.isFull) break;
  }
  mismatches.expect('ledger_sequence', pipeline, ledgerSequence, last);
}
