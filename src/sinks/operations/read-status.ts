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
    .map(({ state, reason, files: count, bytes, oldestMs }) => ({ state, reason, files: count, bytes, oldestMs }));
  const unsettled = await transaction.unsettled.summary(pipeline);
  if (unsettled.files > 0) leftOut.push({ state: 'unsettled', reason: null, ...unsettled });
  const { bytes, records } = await transaction.contributions.sumsIn(pipeline);
  return { pipeline: row, files, bytesIn: bytes, recordsIn: records, leftOut };
}
