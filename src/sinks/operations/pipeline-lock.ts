import { TallylineFailure } from '../../core/failures';
import type { By, LedgerEntry, PipelineRow } from '../sink';
import type { StoreTransaction } from '../store';

/** Throws config_invalid when nobody has set the pipeline up in this sink. */
export async function lockPipeline(transaction: StoreTransaction, pipeline: string): Promise<PipelineRow> {
  return requirePipeline(await transaction.pipelines.lock(pipeline), pipeline);
}

export function requirePipeline(row: PipelineRow | null, pipeline: string): PipelineRow {
  if (row === null) throw new TallylineFailure('config_invalid', `the sink has no pipeline ${pipeline}`);
  return row;
}

/** Throws pipeline_stopped. */
export function refuseWhenStopped(row: PipelineRow): void {
  if (row.stopReason !== null) throw new TallylineFailure('pipeline_stopped', `pipeline ${row.pipeline} is stopped: ${row.stopReason}`);
}

/** Numbers the entries after the last and writes them and the pipeline's row, which the caller has locked. */
export async function appendLedger(
  transaction: StoreTransaction,
  row: PipelineRow,
  entries: readonly Omit<LedgerEntry, 'number'>[],
): Promise<PipelineRow> {
  if (entries.length === 0) return row;
  const numbered = entries.map((entry, index) => ({ ...entry, number: row.ledgerSequence + 1 + index }));
  const next = { ...row, ledgerSequence: row.ledgerSequence + entries.length };
  await transaction.ledger.insert(row.pipeline, numbered);
  await transaction.pipelines.update(next);
  return next;
}

export function stamp({ by, reason, nowMs }: By): Pick<LedgerEntry, 'by' | 'reason' | 'atMs'> {
  return { by, reason, atMs: nowMs };
}
