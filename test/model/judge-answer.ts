/** Whether the sink said of an operation what it did. */
import { endingOf, type Episode, type Knowledge } from './knowledge';
import type { KnownFiles } from './known-files';
import type { Answer, Operation } from './operation';

/** Throws when an answer is not true. */
export function judgeAnswer(episode: Episode, { files }: Knowledge): void {
  const { operation, before, after, end, isStopped } = episode;
  const needsTotals = operation.kind === 'apply' || operation.kind === 'retract';
  if (end === 'crashed') return;
  if ((end === 'stopped') !== (isStopped && needsTotals)) throw new Error(`${operation.kind} does not heed that the pipeline is stopped`);
  if (end === 'stopped') return;
  if (operation.kind === 'scan') return judgeScan(end, after, files);
  const expected = outcomesOf(episode, files);
  if (expected !== null && !expected.includes(end.outcome))
    throw new Error(`${operation.kind} answers ${end.outcome}, expected ${expected.join(' or ')}`);
  const isIn = before.some((row) => row.state === 'in' && 'fileId' in operation && row.fileId === operation.fileId);
  if (isIn && end.outcome === 'conflict' && !isNoted(episode)) throw new Error('nothing says that another result came after the apply');
}

/** That the totals may be wrong is for good in the ledger. */
function isNoted({ operation, ledgerAfter }: Episode): boolean {
  return ledgerAfter.some(
    ({ kind, fileId, version, reason }) =>
      kind === 'note' &&
      reason.startsWith('digest_conflict') &&
      operation.kind === 'putPartial' &&
      fileId === operation.fileId &&
      version === operation.version,
  );
}

/** Null: anything, as judging the rows says it all. */
function outcomesOf({ operation, before, after }: Episode, files: KnownFiles): readonly string[] | null {
  if (!('fileId' in operation)) return null;
  const row = before.find(({ fileId }) => fileId === operation.fileId);
  const next = after.find(({ fileId }) => fileId === operation.fileId);
  switch (operation.kind) {
    case 'retract':
    case 'recount':
    case 'release':
      if (row !== undefined && next !== undefined && endingOf(row, next) !== 'same')
        return row.version === operation.version ? ['done'] : [];
      return row?.version === operation.version ? ['already', 'refused', 'unknown'] : ['already', 'fenced', 'unknown'];
    case 'admit':
      return row?.version === operation.version ? null : ['fenced'];
    case 'markCounted':
      if (row?.version !== operation.version) return ['fenced'];
      return row.state === 'counting' && row.planDigest !== operation.planDigest ? ['fenced'] : null;
    case 'putPartial':
      if (row?.version !== operation.version || row.planDigest !== operation.planDigest) return ['fenced'];
      return row.state === 'in' ? [outcomeAfterApply(operation, files)] : null;
    default:
      return null;
  }
}

/** What is in stays in; another result is said, never taken. */
function outcomeAfterApply(operation: Operation & { kind: 'putPartial' }, files: KnownFiles): string {
  const plan = files.contentOf(operation).plans.find(({ planDigest }) => planDigest === operation.planDigest);
  const applied = plan?.partials[operation.partial.splitIndex];
  if (applied === undefined) return 'fenced';
  return applied.digest === operation.partial.digest ? 'already' : 'conflict';
}

/** Whatever is listed has a row, and whatever waits to be counted is started. */
function judgeScan({ toStart = [] }: Answer, after: Episode['after'], files: KnownFiles): void {
  for (const { fileId, sourceKey } of files.list()) {
    if (!after.some((row) => row.fileId === fileId)) throw new Error(`the scan passed over ${sourceKey}`);
  }
  const nameOf = ({ fileId, version }: { readonly fileId: string; readonly version: number }) => `${fileId} v${version}`;
  // What is being counted comes first, since its workflow may have been lost.
  const waiting = (['counting', 'seen'] as const).flatMap((wanted) => after.filter(({ state }) => state === wanted).map(nameOf));
  const started = toStart.map(nameOf);
  if (started.join() !== waiting.join()) throw new Error(`the scan starts ${started.join()}, expected ${waiting.join()}`);
}
