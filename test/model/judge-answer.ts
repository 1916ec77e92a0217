/** Whether the sink said of an operation what it did. */
import { endingOf, type Episode, type Knowledge } from './knowledge';
import type { Answer } from './operation';

/** Throws when an answer is not true. */
export function judgeAnswer({ operation, before, after, end, isStopped }: Episode, { files }: Knowledge): void {
  const needsTotals = operation.kind === 'apply' || operation.kind === 'retract';
  if (end === 'crashed') return;
  if ((end === 'stopped') !== (isStopped && needsTotals)) throw new Error(`${operation.kind} does not heed that the pipeline is stopped`);
  if (end === 'stopped') return;
  if (operation.kind === 'scan') return judgeScan(end, after, files);
  if (!('fileId' in operation)) return;
  const row = before.find(({ fileId }) => fileId === operation.fileId);
  const next = after.find(({ fileId }) => fileId === operation.fileId);
  const isMoved = row !== undefined && next !== undefined && endingOf(row, next) !== 'same';
  const say = (expected: string) => new Error(`${operation.kind} answers ${end.outcome}, expected ${expected}`);
  switch (operation.kind) {
    case 'retract':
    case 'recount':
    case 'release':
      if ((end.outcome === 'done') !== isMoved) throw say(isMoved ? 'done' : 'anything but done');
      return;
    case 'admit':
    case 'putPartial':
    case 'markCounted':
      if (row?.version !== operation.version && end.outcome !== 'fenced') throw say('fenced: another version counts');
      return;
    default:
      return;
  }
}

/** Whatever is listed has a row, and whatever waits to be counted is started. */
function judgeScan({ toStart = [] }: Answer, after: Episode['after'], files: Knowledge['files']): void {
  for (const { fileId, sourceKey } of files.list()) {
    if (!after.some((row) => row.fileId === fileId)) throw new Error(`the scan passed over ${sourceKey}`);
  }
  const nameOf = ({ fileId, version }: { readonly fileId: string; readonly version: number }) => `${fileId} v${version}`;
  const waiting = after.filter(({ state }) => state === 'seen' || state === 'counting').map(nameOf);
  const started = toStart.map(nameOf);
  if (started.join() !== waiting.join()) throw new Error(`the scan starts ${started.join()}, expected ${waiting.join()}`);
}
