/** Closing a period, and beginning a new ledger after a restore: both change what later numbers and postings mean. */
import { randomUUID } from 'node:crypto';
import { nextPeriod, periodStartMs, unitOf } from '../../core/period';
import type { By } from '../sink';
import type { ClosePeriodResult } from '../sink-totals';
import type { StoreTransaction } from '../store';
import { appendLedger, lockPipeline, newEntry, refuseWhenStopped } from './pipeline-lock';
import { periodUnitOf } from './pipelines';

/** Throws pipeline_stopped, and config_invalid for what is no period. */
export async function closePeriod(
  transaction: StoreTransaction,
  input: By & { readonly pipeline: string; readonly period: string },
): Promise<ClosePeriodResult> {
  const { period, nowMs } = input;
  const row = await lockPipeline(transaction, input.pipeline);
  refuseWhenStopped(row);
  const unit = periodUnitOf(row);
  if (unit === null) return { outcome: 'refused', fact: `pipeline ${row.pipeline} has no periods` };
  if (unitOf(period) !== unit)
    return { outcome: 'refused', fact: `the periods of pipeline ${row.pipeline} are a ${unit} each, which ${period} is not` };
  if (period <= row.closedThrough) return { outcome: 'already', closedThrough: row.closedThrough };
  if (periodStartMs(nextPeriod(period)) > nowMs) return { outcome: 'refused', fact: `${period} has not ended` };
  const closed = { ...row, closedThrough: period };
  const after = await appendLedger(transaction, closed, [newEntry(input, 'closed', { period })]);
  return { outcome: 'done', ledgerSequence: after.ledgerSequence };
}

/** Numbers go on, under a new name of the ledger: what was told of them before the restore may have been another history. */
export async function markRestored(
  transaction: StoreTransaction,
  input: By & { readonly pipeline: string },
): Promise<{ readonly ledgerId: string }> {
  const row = await lockPipeline(transaction, input.pipeline);
  const ledgerId = randomUUID();
  const reason = `${input.reason} (before: ledger ${row.ledgerId})`;
  await appendLedger(transaction, { ...row, ledgerId }, [newEntry({ ...input, reason }, 'restored')]);
  return { ledgerId };
}
