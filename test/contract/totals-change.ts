import type { TotalsRow } from '../../src/sinks/sink';
import type { StoreTransaction } from '../../src/sinks/store';
import { PIPELINE } from './sink-driver';

/** Changes totals behind the ledger's back, as no product code does. */
export async function addToTotals(transaction: StoreTransaction, rows: readonly Pick<TotalsRow, 'key' | 'sum' | 'count'>[]): Promise<void> {
  await transaction.totals.stage(
    PIPELINE,
    rows.map((row) => ({ period: '', adjusts: '', ordinal: 0, ...row })),
  );
  await transaction.totals.mergeStaged(PIPELINE);
}
