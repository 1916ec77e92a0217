import { TallylineFailure, type QuarantineReason } from '../core/failures';
import type { ActivityDependencies } from './dependencies';

interface FileToSetAside {
  readonly pipeline: string;
  readonly fileId: string;
  readonly version: number;
  readonly sourceKey: string;
}

/** Answers with the failure to end with: the reason, or `fenced` where the row is another by now. */
export async function setAside(
  { sink, metrics, now }: ActivityDependencies,
  { pipeline, fileId, version, sourceKey }: FileToSetAside,
  { reason, detail }: { readonly reason: QuarantineReason; readonly detail: string },
): Promise<TallylineFailure> {
  const status = await sink.quarantine({ fileId, version, reason, detail, nowMs: now() });
  if (status?.state !== 'quarantined' || status.version !== version) {
    const found = status === null ? 'it has no row any more' : `it is ${status.state} at version ${status.version}`;
    return new TallylineFailure('fenced', `version ${version} of ${sourceKey} is not set aside as ${reason}: ${found}`);
  }
  metrics.filesQuarantined(pipeline, reason, 1);
  return new TallylineFailure(reason, `${sourceKey}: ${detail}`);
}
