/** The totals now, or as they were right after an earlier ledger entry: then what later entries did is undone, page by page. */
import { TallylineFailure } from '../../core/failures';
import type { PipelineRow, TotalsAddress, TotalsRow } from '../sink';
import type { ReadTotalsInput, TotalsPage } from '../sink-totals';
import type { StoreTransaction } from '../store';
import { requirePipeline } from './pipeline-lock';
import { postedParts } from './posted-parts';
import { RangeTotals } from './totals-range';

/** Throws config_invalid for a number that the ledger does not have, history_pruned for one that cannot be told any more. */
export async function readTotals(transaction: StoreTransaction, input: ReadTotalsInput): Promise<TotalsPage> {
  const row = requirePipeline(await transaction.pipelines.read(input.pipeline), input.pipeline);
  const { pipeline, after = null, limit, period, asOf = row.ledgerSequence } = input;
  if (asOf > row.ledgerSequence || asOf < 0) {
    const fact = `the ledger of pipeline ${pipeline} goes to ${row.ledgerSequence}, and was asked for ${asOf}`;
    throw new TallylineFailure('config_invalid', fact);
  }
  const now = await transaction.totals.page(pipeline, after, limit, period);
  const next = now.length < limit ? null : (now[now.length - 1] ?? null);
  const closedThrough = asOf === row.ledgerSequence ? row.closedThrough : await closedThroughAt(transaction, pipeline, asOf);
  // A closed period is as it was when it was closed.
  const isAsNow = asOf === row.ledgerSequence || (period !== undefined && period !== '' && period <= closedThrough);
  const rows = isAsNow ? now : await undone(transaction, row, { now, after, until: next, period, asOf });
  const { ledgerId } = row;
  return { rows, next, ledgerSequence: asOf, ledgerId, closedThrough };
}

/** '' where no period was closed by then. */
async function closedThroughAt(transaction: StoreTransaction, pipeline: string, asOf: number): Promise<string> {
  const closings = (await transaction.ledger.ofKind(pipeline, 'closed')).filter(({ number }) => number <= asOf);
  return closings.at(-1)?.period ?? '';
}

async function undone(
  transaction: StoreTransaction,
  row: PipelineRow,
  wanted: {
    readonly now: readonly TotalsRow[];
    readonly after: TotalsAddress | null;
    readonly until: TotalsAddress | null;
    readonly period: string | undefined;
    readonly asOf: number;
  },
): Promise<TotalsRow[]> {
  const { now, after, until, period, asOf } = wanted;
  if (asOf < row.prunedThrough) throw pruned(row, asOf);
  const totals = new RangeTotals({ after, until }, period);
  for (const total of now) totals.add(total);
  const later = postedParts(transaction, row.pipeline, { afterNumber: asOf }, ({ fileId, version }) => {
    throw new TallylineFailure('invariant_violated', `the contribution of ${fileId} version ${version} is gone`);
  });
  for await (const posted of later) totals.addPart(posted, -1);
  return totals.rows();
}

function pruned({ pipeline, prunedThrough }: PipelineRow, asOf: number): TallylineFailure {
  const fact = `the totals of pipeline ${pipeline} as of ${asOf} cannot be told: contributions are pruned through ledger number ${prunedThrough}`;
  return new TallylineFailure('history_pruned', fact);
}
