/** Everything that the judges look at, read from the database at one instant. */
import { isTerminal } from '../../src/core/file-row';
import type { FileRow, LedgerEntry, TotalsRow } from '../../src/sinks/sink';
import type { Store, StoredPartial } from '../../src/sinks/store';
import { PIPELINE } from '../contract/sink-driver';

export interface Instant {
  /** In order of first sight. */
  readonly rows: readonly FileRow[];
  /** Of the files that are under way. */
  readonly partials: readonly StoredPartial[];
  readonly ledger: readonly LedgerEntry[];
  readonly totals: readonly TotalsRow[];
  /** By the last word of the ledger. */
  readonly isStopped: boolean;
}

export const EMPTY: Instant = { rows: [], partials: [], ledger: [], totals: [], isStopped: false };

const ALL = 100_000;

export async function readInstant(store: Store): Promise<Instant> {
  return await store.snapshot(async (transaction) => {
    const rows = await transaction.files.list({ pipeline: PIPELINE, afterSequence: 0, limit: ALL });
    const underWay = rows.filter(({ state }) => !isTerminal(state));
    const partials = underWay.length === 0 ? [] : await transaction.blobs.partials(underWay);
    const ledger = await transaction.ledger.page(PIPELINE, 0, ALL);
    const isStopped = ledger.filter(({ kind }) => kind === 'stopped' || kind === 'resumed').pop()?.kind === 'stopped';
    return { rows, partials, ledger, totals: await transaction.totals.page(PIPELINE, null, ALL), isStopped };
  });
}
