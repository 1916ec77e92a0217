/** A file whose records span lines gets a plan of one split, once; whoever counts by the old one learns that it was replaced. */
import { Context } from '@temporalio/activity';
import type { CountSplitResult } from '../contracts/activity-types';
import { assertInvariant, TallylineFailure } from '../core/failures';
import { inOneSplit } from '../core/plan';
import { planDigestOf } from '../kernel/digest';
import type { FileRow } from '../sinks/sink';
import type { ActivityDependencies, PipelineSettings } from './dependencies';
import type { SplitToCount } from './split-books';

interface SplitToReplace extends Omit<SplitToCount, 'runtime'> {
  readonly settings: PipelineSettings;
}

/** `fact`: which record it is. Throws `fenced` where the file is not counted by any plan now. */
export async function replacePlan({ sink, now }: ActivityDependencies, target: SplitToReplace, fact: string): Promise<CountSplitResult> {
  const { settings, file, planDigest, splitIndex } = target;
  const { pipeline, meaning, policies } = settings;
  const { fileId, version, sourceKey } = file;
  const plan = inOneSplit(target.plan);
  assertInvariant(plan !== null, `the plan of ${sourceKey} knows that its records span lines: ${fact}`);
  const replacing = { plan, planDigest: planDigestOf(plan), replaces: planDigest };
  const admitted = await sink.admit({ fileId, version, ...replacing, meaning, policies, nowMs: now() });
  if (admitted.outcome !== 'counting' || admitted.planDigest === planDigest)
    throw new TallylineFailure('fenced', `version ${version} of ${sourceKey} is no longer the one that counts`);
  const fields = { pipeline, file: sourceKey, fileId, splitIndex, record: fact };
  Context.current().log.info('a record spans lines: the file is counted in one split', fields);
  return replacedElsewhere(splitIndex);
}

/** The version is still the one that counts, but by another plan than this. */
export function hasOtherPlan(
  row: FileRow | null,
  { version, planDigest }: { readonly version: number; readonly planDigest: string },
): boolean {
  return row?.version === version && row.state === 'counting' && row.planDigest !== planDigest;
}

export function replacedElsewhere(splitIndex: number): CountSplitResult {
  return { splitIndex, nextOffset: 0, records: 0, rejected: 0, planReplaced: true };
}
