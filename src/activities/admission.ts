/** The first step of a file: its plan is made, judged and stored in its row. */
import type { AdmitFileResult, FileActivityInput } from '../contracts/activity-types';
import { isQuarantineReason, TallylineFailure } from '../core/failures';
import { countedBytesMax, makePlan, type Plan } from '../core/plan';
import { planDigestOf } from '../kernel/digest';
import type { FileRow, Sink } from '../sinks/sink';
import type { ActivityDependencies, PipelineSettings } from './dependencies';

/** A file that is to be counted now, or one whose count is behind it. */
export type Admission =
  | { readonly kind: 'counting'; readonly row: FileRow; readonly plan: Plan; readonly planDigest: string }
  | { readonly kind: 'settled'; readonly row: FileRow };

/** Throws fenced, and what keeps the file from being planned. */
export async function admit(dependencies: ActivityDependencies, settings: PipelineSettings, input: FileActivityInput): Promise<Admission> {
  const row = await requireFile(dependencies, input);
  if (row.version !== input.version) throw fencedFile(row, input.version);
  const { meaning, policies } = settings;
  const plan = await planOrSetAside(dependencies, settings, row);
  const admitted = await dependencies.sink.admit({
    ...input,
    plan,
    planDigest: planDigestOf(plan),
    meaning,
    policies,
    nowMs: dependencies.now(),
  });
  if (admitted.outcome === 'fenced') throw fencedFile(row, input.version);
  if (admitted.outcome === 'settled') return { kind: 'settled', row: admitted.row };
  return { kind: 'counting', row, plan: admitted.plan, planDigest: admitted.planDigest };
}

/** Throws what keeps the file from being planned (its name tells no period, say), with the file set aside under it. */
async function planOrSetAside({ sink, metrics, now }: ActivityDependencies, settings: PipelineSettings, row: FileRow): Promise<Plan> {
  const { splitBytes, format, compression, periodRule } = settings;
  const { fileId, version, sizeBytes, sourceKey, firstSeenMs } = row;
  try {
    return makePlan({ format, compression, periodRule, sizeBytes, ...(splitBytes && { splitBytes }), sourceKey, firstSeenMs });
  } catch (error) {
    if (error instanceof TallylineFailure && isQuarantineReason(error.code)) {
      await sink.quarantine({ fileId, version, reason: error.code, detail: error.fact, nowMs: now() });
      metrics.filesQuarantined(settings.pipeline, error.code, 1);
    }
    throw error;
  }
}

/** Throws fenced. */
export async function requireFile(dependencies: ActivityDependencies, input: FileActivityInput): Promise<FileRow> {
  const row = await dependencies.sink.readFile(input.fileId);
  // No row: the sink was restored or replaced since. The next scan registers the file anew.
  if (row === null) throw new TallylineFailure('fenced', `file ${input.fileId} has no row in the sink`);
  return row;
}

export function fencedFile(row: FileRow, version: number): TallylineFailure {
  return new TallylineFailure(
    'fenced',
    `version ${version} of ${row.sourceKey} is not the one that counts: the row is ${row.state} at version ${row.version}`,
  );
}

/** What a workflow needs to know of it. */
export async function describeAdmission(sink: Sink, input: FileActivityInput, admission: Admission): Promise<AdmitFileResult> {
  // Counted before: nothing to count, and the hand-over reports what became of it.
  if (admission.kind === 'settled') return { splitCount: 0, planDigest: '', splitBytesMax: 0, storedSplits: [] };
  const { plan, planDigest } = admission;
  const storedSplits = await sink.storedSplits({ ...input, planDigest });
  return { splitCount: plan.splits.length, planDigest, splitBytesMax: countedBytesMax(plan), storedSplits };
}
