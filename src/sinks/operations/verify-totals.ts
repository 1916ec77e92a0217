/**
 * The totals against the postings of the ledger, both ways. Memory is bounded: the totals are walked in ranges of addresses, and for
 * each range the contributions are read again and added up within it.
 */
import { VERIFY_TOTALS_PER_PASS_MAX } from '../../core/limits';
import { escapeBytes } from '../../core/source-key';
import type { PipelineRow, TotalsAddress, TotalsRow } from '../sink';
import type { StoreTransaction } from '../store';
import { compareAddresses } from '../totals-order';
import type { Mismatches } from './mismatches';
import { postedParts } from './posted-parts';
import { RangeTotals, type AddressRange } from './totals-range';

export async function verifyTotals(transaction: StoreTransaction, row: PipelineRow, mismatches: Mismatches): Promise<void> {
  let after: TotalsAddress | null = null;
  for (;;) {
    const totals: readonly TotalsRow[] = await transaction.totals.page(row.pipeline, after, VERIFY_TOTALS_PER_PASS_MAX);
    const isLast = totals.length < VERIFY_TOTALS_PER_PASS_MAX;
    const until: TotalsAddress | null = isLast ? null : (totals[totals.length - 1] ?? null);
    compare(totals, await addUp(transaction, row, { after, until }, mismatches), mismatches);
    if (isLast || mismatches.isFull) return;
    after = until;
  }
}

function compare(totals: readonly TotalsRow[], expected: RangeTotals, mismatches: Mismatches): void {
  for (const total of totals) {
    const subject = describe(total);
    const { sum = 0n, count = 0n } = expected.take(total) ?? {};
    mismatches.expect('totals_sum', subject, sum, total.sum);
    mismatches.expect('totals_count', subject, count, total.count);
    if (total.adjusts === '') mismatches.expect('totals_count_positive', subject, true, total.count > 0n);
  }
  for (const missing of expected.rows()) mismatches.expect('totals_missing', describe(missing), missing.sum, null);
}

async function addUp(
  transaction: StoreTransaction,
  { pipeline, prunedThrough }: PipelineRow,
  range: AddressRange,
  mismatches: Mismatches,
): Promise<RangeTotals> {
  const sums = new RangeTotals(range);
  let after = range.after;
  for (;;) {
    const page: readonly TotalsRow[] = await transaction.prunedTotals.page(pipeline, after, VERIFY_TOTALS_PER_PASS_MAX);
    for (const row of page) sums.add(row);
    after = page[page.length - 1] ?? null;
    const isBeyond = after !== null && range.until !== null && compareAddresses(after, range.until) >= 0;
    if (after === null || isBeyond || page.length < VERIFY_TOTALS_PER_PASS_MAX) break;
  }
  const parts = postedParts(transaction, pipeline, { afterNumber: prunedThrough }, ({ fileId, version }) =>
    mismatches.expect('contribution_kept', `${fileId} version ${version}`, true, false),
  );
  for await (const posted of parts) {
    mismatches.guard('contribution_intact', `${posted.part.fileId} version ${posted.part.version}`, () => sums.addPart(posted));
  }
  return sums;
}

function describe({ period, key, adjusts }: TotalsAddress): string {
  const adjusting = adjusts === '' ? '' : ` (adjusts ${adjusts})`;
  return `${period === '' ? '' : `${period} `}${escapeBytes(key)}${adjusting}`;
}
