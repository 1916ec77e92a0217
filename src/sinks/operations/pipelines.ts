/** The pipeline's row: set up once, stopped and resumed, each with an entry in the ledger. */
import { randomUUID } from 'node:crypto';
import { TallylineFailure } from '../../core/failures';
import type { By, PipelineMeaning, PipelineRow } from '../sink';
import type { StoreTransaction } from '../store';
import { appendLedger, lockPipeline, requirePipeline, stamp } from './pipeline-lock';

export async function ensurePipeline(tx: StoreTransaction, wanted: PipelineMeaning): Promise<PipelineRow> {
  const { pipeline, meaning, scale, unit } = wanted;
  const fresh = { ledgerId: randomUUID(), ledgerSequence: 0, stopReason: null, stoppedAtMs: null };
  await tx.pipelines.insert({ pipeline, meaning, scale, unit, ...fresh });
  const row = requirePipeline(await tx.pipelines.read(pipeline), pipeline);
  if (row.meaning !== meaning || row.scale !== scale || row.unit !== unit) {
    throw new TallylineFailure(
      'pipeline_differs',
      `pipeline ${pipeline} holds sums of ${describe(row)}, and the configuration asks for ${describe(wanted)}`,
    );
  }
  return row;
}

/** A pipeline that is stopped already keeps its first reason. */
export async function stop(tx: StoreTransaction, input: By & { readonly pipeline: string }): Promise<void> {
  const row = await lockPipeline(tx, input.pipeline);
  if (row.stopReason !== null) return;
  const stopped = { ...row, stopReason: input.reason, stoppedAtMs: input.nowMs };
  await appendLedger(tx, stopped, [{ kind: 'stopped', fileId: null, version: null, ...stamp(input) }]);
}

export async function resume(tx: StoreTransaction, input: By & { readonly pipeline: string }): Promise<void> {
  const row = await lockPipeline(tx, input.pipeline);
  if (row.stopReason === null) return;
  const running = { ...row, stopReason: null, stoppedAtMs: null };
  await appendLedger(tx, running, [{ kind: 'resumed', fileId: null, version: null, ...stamp(input) }]);
}

function describe({ meaning, scale, unit }: PipelineMeaning): string {
  return `${meaning} (scale ${scale}${unit === '' ? '' : `, unit ${unit}`})`;
}
