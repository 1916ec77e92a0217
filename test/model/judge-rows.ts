/**
 * Whether every row became what the operation must make of it, and no other row became anything. Said anew from the promises of the
 * design, as endings per operation: the state machine of the product is not asked.
 */
import type { FileRow } from '../../src/sinks/sink';
import { endingOfMissing, endingsOfApply } from './judge-apply';
import { comparePartials, endingOf, isIn, partialsOf, type Episode, type Knowledge } from './knowledge';
import type { Operation } from './operation';

const SAME = ['same'];
const UNDER_WAY = ['seen', 'counting'];
/** Only together with the word how, which release does not know yet. */
const NOT_RELEASED = ['new_generation', 'duplicate_content'];

/** Throws when a row did not become what it must. Answers what moved, for the tally. */
export function judgeRows(episode: Episode, knowledge: Knowledge): string[] {
  const { operation, before, after, end } = episode;
  const moves: string[] = [];
  for (const row of before) {
    const next = after.find(({ fileId }) => fileId === row.fileId);
    if (next === undefined) throw new Error(`the row of ${row.sourceKey} is lost`);
    const ending = endingOf(row, next);
    const expected = end === 'stopped' ? SAME : endingsOf(row, episode, knowledge);
    const isAllowed = expected.includes(ending) || (end === 'crashed' && ending === 'same');
    if (!isAllowed) throw new Error(`${operation.kind}: ${nameOf(row)} became ${ending}, expected ${expected.join(' or ')}`);
    if (ending === 'same') continue;
    judgeBookkeeping(row, next, ending);
    if (ending === 'counting' && row.state !== 'seen') judgeCountedAgain(row, episode, knowledge);
    const from = isIn(row) && row.state !== 'in' && ending !== 'in' ? 'recounted' : row.state;
    moves.push(`${operation.kind}: ${from} → ${ending}`);
  }
  for (const row of after) {
    if (before.some(({ fileId }) => fileId === row.fileId)) continue;
    const isNew = operation.kind === 'scan' && row.state === 'seen' && row.version === 1 && row.inVersion === null;
    if (!isNew || !knowledge.files.isListed(row)) throw new Error(`${operation.kind}: ${nameOf(row)} came from nowhere`);
    moves.push('scan: new → seen');
  }
  return moves;
}

function endingsOf(row: FileRow, episode: Episode, knowledge: Knowledge): readonly string[] {
  const { operation } = episode;
  if (operation.kind === 'apply') return endingsOfApply(row, episode, knowledge);
  if (operation.kind === 'scan')
    return row.state === 'superseded' && knowledge.files.isListed(row) ? ['quarantined:generation_returned'] : SAME;
  if (!('fileId' in operation) || operation.fileId !== row.fileId) return SAME;
  if ('version' in operation && operation.version !== row.version) return SAME;
  switch (operation.kind) {
    case 'retract':
      return isIn(row) ? ['out+1'] : SAME;
    case 'recount':
      return ['in', 'out', 'superseded', 'alias'].includes(row.state) ? ['seen+1'] : SAME;
    case 'release':
      return row.state === 'quarantined' && !NOT_RELEASED.includes(row.reason ?? '') ? ['seen+1'] : SAME;
    case 'quarantine':
      return UNDER_WAY.includes(row.state) ? [`quarantined:${operation.reason}`] : SAME;
    case 'admit':
      return row.state === 'seen' ? ['counting', ...(mayRefuse(row, episode, knowledge) ? ['quarantined:new_generation'] : [])] : SAME;
    case 'putPartial':
      return isConflict(row, operation, episode) ? ['quarantined:digest_conflict'] : SAME;
    case 'markCounted':
      return row.state === 'counting' && row.planDigest === operation.planDigest ? endingsOfCounting(row, episode, knowledge) : SAME;
    case 'damage':
      return SAME;
  }
}

/** Admission may say early what apply would say later. */
function mayRefuse(row: FileRow, { before }: Episode, { files, policies }: Knowledge): boolean {
  if (policies.changedFile !== 'quarantine' || isIn(row)) return false;
  const others = before.filter(({ sourceKey, fileId }) => sourceKey === row.sourceKey && fileId !== row.fileId);
  if (others.some((other) => isIn(other) && files.contentOf(other) === files.contentOf(row))) return false;
  // An empty generation stands in nobody's way.
  const filled = others.filter(({ sizeBytes }) => sizeBytes > 0);
  return filled.some((other) => isIn(other) || (other.sequence < row.sequence && ['counting', 'counted'].includes(other.state)));
}

function isConflict(row: FileRow, operation: Operation & { kind: 'putPartial' }, { partials }: Episode): boolean {
  const { planDigest, partial } = operation;
  if (row.planDigest !== planDigest || (row.state !== 'counting' && row.state !== 'counted')) return false;
  const stored = partials.find(
    (other) =>
      other.fileId === row.fileId &&
      other.version === row.version &&
      other.planDigest === planDigest &&
      other.splitIndex === partial.splitIndex,
  );
  return stored !== undefined && stored.digest !== partial.digest;
}

function endingsOfCounting(row: FileRow, episode: Episode, knowledge: Knowledge): readonly string[] {
  const state = partialsOf(row, episode.partials, knowledge);
  if (state === 'incomplete') return SAME;
  // Beside a damaged one another may be missing, which is found first.
  if (state === 'damaged') return ['same', endingOfMissing(row)];
  const { refusedAs } = knowledge.files.contentOf(row);
  return [refusedAs === 'reject_budget' ? `quarantined:${refusedAs}` : 'counted'];
}

/** The totals change their mind about a file only where a count goes in or out; a new version starts with nothing missing. */
function judgeBookkeeping(row: FileRow, next: FileRow, ending: string): void {
  const isOut = ending === 'out+1' || ending === 'superseded+1';
  const inVersion = isOut ? null : ending === 'in' ? next.version : row.inVersion;
  const isMissing = ending === 'quarantined:partial_missing' || (ending === 'counting' && row.state !== 'seen');
  const missingTimes = next.version > row.version ? 0 : row.missingTimes + Number(isMissing);
  // A plan holds for one version.
  const isPlanKept = next.version === row.version || next.planDigest === null;
  const identity = `${row.sourceKey} ${row.generation} ${row.sequence}`;
  const isKept = identity === `${next.sourceKey} ${next.generation} ${next.sequence}`;
  if (next.inVersion !== inVersion || next.missingTimes !== missingTimes || !isKept || !isPlanKept)
    throw new Error(`${nameOf(row)} became ${ending} but ${JSON.stringify({ ...next, plan: undefined })}`);
}

/** Something that is damaged must go each time, or counting again would never help. */
function judgeCountedAgain(row: FileRow, { partials, partialsAfter }: Episode, knowledge: Knowledge): void {
  const wrong = (stored: Episode['partials']) => comparePartials(row, stored, knowledge).filter((found) => found === 'wrong').length;
  if (wrong(partials) > 0 && wrong(partialsAfter) >= wrong(partials)) throw new Error(`damaged partials of ${nameOf(row)} are kept`);
}

function nameOf({ sourceKey, generation, state, version, inVersion }: FileRow): string {
  return `${sourceKey}/${generation} (${state} v${version}${inVersion === null ? '' : `, v${inVersion} in`})`;
}
