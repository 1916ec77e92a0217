/** What a pipeline holds, and what is left out of its totals and why. */
import { FILE_STATES, type FileState } from '../../core/file-row';
import type { LeftOut, PipelineStatus } from '../sink';
import type { StoreTransaction } from '../store';
import { requirePipeline } from './pipeline-lock';

/** The content of these is in the totals, or a later generation is in their place. */
const NOT_LEFT_OUT: readonly FileState[] = ['in', 'alias', 'superseded'];

export async function readStatus(transaction: StoreTransaction, { pipeline }: { readonly pipeline: string }): Promise<PipelineStatus> {
  const row = requirePipeline(await transaction.pipelines.read(pipeline), pipeline);
  const groups = await transaction.files.groups(pipeline);
  const files = Object.fromEntries(FILE_STATES.map((state) => [state, 0])) as Record<FileState, number>;
  for (const group of groups) files[group.state] += group.files;
  const leftOut: LeftOut[] = groups
    .filter(({ isIn, state }) => !isIn && !NOT_LEFT_OUT.includes(state))
    .map(({ isIn: _, ...group }) => group);
  const unsettled = await transaction.unsettled.summary(pipeline);
  if (unsettled.files > 0) leftOut.push({ state: 'unsettled', reason: null, period: '', lines: 0, ...unsettled });
  const sums = await transaction.receipts.sumsIn(pipeline);
  for (const { period, rejected } of sums) {
    if (rejected > 0) leftOut.push({ state: 'in', reason: 'rejected_lines', period, files: 0, bytes: 0, lines: rejected, oldestMs: null });
  }
  return {
    pipeline: row,
    files,
    bytesIn: sums.reduce((sum, { bytes }) => sum + bytes, 0),
    recordsIn: sums.reduce((sum, { records }) => sum + records, 0),
    leftOut,
  };
}
