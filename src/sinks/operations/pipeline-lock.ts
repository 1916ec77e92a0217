import { TallylineFailure } from '../../core/failures';
import type { By, LedgerEntry, LedgerKind, PipelineRow } from '../sink';
import type { Posting, StoreTransaction } from '../store';

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

export type NewPosting = Omit<Posting, 'number'>;

export interface NewEntry extends Omit<LedgerEntry, 'number'> {
  /** What the entry put into the totals and took out of them. */
  readonly postings: readonly NewPosting[];
}

/** Numbers the entries after the last and writes them, their postings and the pipeline's row, which the caller has locked. */
export async function appendLedger(transaction: StoreTransaction, row: PipelineRow, entries: readonly NewEntry[]): Promise<PipelineRow> {
  if (entries.length === 0) return row;
  const numbered = entries.map(({ postings, ...entry }, index) => ({ entry, postings, number: row.ledgerSequence + 1 + index }));
  const next = { ...row, ledgerSequence: row.ledgerSequence + entries.length };
  await transaction.ledger.insert(
    row.pipeline,
    numbered.map(({ entry, number }) => ({ ...entry, number })),
  );
  await transaction.postings.insert(
    row.pipeline,
    numbered.flatMap(({ postings, number }) => postings.map((posting) => ({ ...posting, number }))),
  );
  await transaction.pipelines.update(next);
  return next;
}

/** An entry about the pipeline, or about a file without a change of the totals. */
export function newEntry(
  by: By,
  kind: LedgerKind,
  about: {
    readonly fileId?: string;
    readonly version?: number | null;
    readonly period?: string;
    readonly postings?: readonly NewPosting[];
  } = {},
): NewEntry {
  const { fileId = null, version = null, period = null, postings = [] } = about;
  return { kind, fileId, version, period, by: by.by, reason: by.reason, atMs: by.nowMs, postings };
}
