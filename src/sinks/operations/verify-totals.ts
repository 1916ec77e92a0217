/**
 * The totals against the contributions of all files that are in, both ways. Memory is bounded: the totals are walked in ranges of
 * keys, and for each range the contributions are read again and added up within it.
 */
import { compareBytes } from '../../core/byte-order';
import { VERIFY_FILES_PER_PAGE, VERIFY_TOTALS_PER_PASS_MAX } from '../../core/limits';
import { decodeEntries } from '../../core/partial-codec';
import { escapeBytes } from '../../core/source-key';
import { sha256Hex } from '../content-digest';
import type { TotalsRow } from '../sink';
import type { StoreTransaction, TotalsAddress } from '../store';
import type { Mismatches } from './mismatches';
import { versionsIn } from './verify-files';
import { cellId } from './working-totals';

/** Contributions are read a few at a time: one may hold millions of entries. */
const CONTRIBUTIONS_PER_READ = 8;

/** Totals after `after` up to `until`; null is no bound. */
interface Range {
  readonly after: TotalsAddress | null;
  readonly until: TotalsAddress | null;
}

export async function verifyTotals(transaction: StoreTransaction, pipeline: string, mismatches: Mismatches): Promise<void> {
  let after: TotalsAddress | null = null;
  for (;;) {
    const totals: readonly TotalsRow[] = await transaction.totals.page(pipeline, after, VERIFY_TOTALS_PER_PASS_MAX);
    const isLast = totals.length < VERIFY_TOTALS_PER_PASS_MAX;
    const until: TotalsAddress | null = isLast ? null : (totals[totals.length - 1] ?? null);
    compare(totals, await addUp(transaction, pipeline, { after, until }), mismatches);
    if (isLast || mismatches.isFull) return;
    after = until;
  }
}

function compare(totals: readonly TotalsRow[], expected: Map<string, TotalsRow>, mismatches: Mismatches): void {
  for (const { period, key, sum, count } of totals) {
    const id = cellId(period, key);
    const subject = describe(period, key);
    mismatches.expect('totals_sum', subject, expected.get(id)?.sum ?? 0n, sum);
    mismatches.expect('totals_count', subject, expected.get(id)?.count ?? 0n, count);
    mismatches.expect('totals_count_positive', subject, true, count > 0n);
    expected.delete(id);
  }
  for (const { period, key, sum } of expected.values()) mismatches.expect('totals_missing', describe(period, key), sum, null);
}

async function addUp(transaction: StoreTransaction, pipeline: string, range: Range): Promise<Map<string, TotalsRow>> {
  const sums = new Map<string, TotalsRow>();
  let afterSequence = 0;
  for (;;) {
    const rows = await transaction.files.list({ pipeline, afterSequence, limit: VERIFY_FILES_PER_PAGE });
    const last = rows[rows.length - 1];
    if (last === undefined) return sums;
    const versions = versionsIn(rows);
    for (let index = 0; index < versions.length; index += CONTRIBUTIONS_PER_READ) {
      for (const { period, digest, blob } of await transaction.contributions.read(versions.slice(index, index + CONTRIBUTIONS_PER_READ))) {
        if (sha256Hex(blob) === digest) add(sums, period, decodeEntries(blob), range);
      }
    }
    afterSequence = last.sequence;
  }
}

function add(sums: Map<string, TotalsRow>, period: string, entries: ReturnType<typeof decodeEntries>, { after, until }: Range): void {
  for (const { key, sum, count } of entries) {
    if (after !== null && compareAddress(period, key, after) <= 0) continue;
    if (until !== null && compareAddress(period, key, until) > 0) continue;
    const id = cellId(period, key);
    const before = sums.get(id);
    sums.set(id, { period, key, sum: (before?.sum ?? 0n) + sum, count: (before?.count ?? 0n) + count });
  }
}

function compareAddress(period: string, key: Uint8Array, address: TotalsAddress): number {
  if (period !== address.period) return period < address.period ? -1 : 1;
  return compareBytes(key, address.key);
}

function describe(period: string, key: Uint8Array): string {
  return period === '' ? escapeBytes(key) : `${period} ${escapeBytes(key)}`;
}
