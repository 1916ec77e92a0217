/** How a row may end when a batch is applied, from the promises and the policies alone. */
import { PARTIAL_MISSING_TIMES_MAX } from '../../src/core/limits';
import type { FileRow } from '../../src/sinks/sink';
import { isIn, partialsOf, type Episode, type Knowledge } from './knowledge';

/** Another row in all the states in which it may be when it is this file's turn. */
type Other = readonly FileRow[];

/** never; maybe: it depends on the order within the batch; surely. */
type Likelihood = 'never' | 'maybe' | 'surely';

export function endingsOfApply(row: FileRow, episode: Episode, knowledge: Knowledge): readonly string[] {
  const others = episode.before.filter(({ fileId }) => fileId !== row.fileId).map((other) => stagesOf(other, row, episode));
  // A file that would make a total leave 64 bits ends the batch: what would have come after it waits for the next.
  const isCut = episode.after.some((other) => isNewlyOverflown(other, episode));
  const ofCounted = row.state === 'counted' ? endingsOfCounted(row, { episode, knowledge, others }) : [];
  const endings = row.state !== 'counted' || isCut ? [...ofCounted, 'same'] : ofCounted;
  if (!isSuperseded(row, episode, knowledge)) return endings;
  return endings.map((ending) => (ending === 'in' || isIn(row) ? 'superseded+1' : ending));
}

/** Generations of one sourceKey take turns in order of first sight; what comes between different sourceKeys is not promised. */
function stagesOf(before: FileRow, row: FileRow, episode: Episode): Other {
  const after = afterOf(before, episode);
  const isSuperseded = after.version > before.version;
  // It came in, and a later generation took its place in this very batch.
  const between: Other = isSuperseded && before.state === 'counted' ? [{ ...before, state: 'in', inVersion: before.version }] : [];
  if (before.sourceKey !== row.sourceKey) return [before, ...between, after];
  if (before.sequence > row.sequence) return [before];
  return isSuperseded && between.length === 0 ? [before, after] : [...between, after];
}

/** A later generation came in beside it. A recount only takes its own place. */
function isSuperseded(row: FileRow, episode: Episode, { policies }: Knowledge): boolean {
  const comesIn = (before: FileRow) => before.state === 'counted' && !isIn(before) && isIn(afterOf(before, episode));
  const later = episode.before.filter(({ sourceKey, sequence }) => sourceKey === row.sourceKey && sequence > row.sequence);
  return policies.changedFile === 'supersede' && later.some(comesIn);
}

function afterOf(before: FileRow, { after }: Episode): FileRow {
  return after.find(({ fileId }) => fileId === before.fileId) ?? before;
}

interface Question {
  readonly episode: Episode;
  readonly knowledge: Knowledge;
  readonly others: readonly Other[];
}

function endingsOfCounted(row: FileRow, question: Question): readonly string[] {
  const { episode, knowledge } = question;
  if (partialsOf(row, episode.partials, knowledge) !== 'complete') return [endingOfMissing(row)];
  const { refusedAs } = knowledge.files.contentOf(row);
  // Sums are added up only of what is to come in.
  const ending = refusedAs === null ? 'in' : `quarantined:${refusedAs}`;
  if (refusedAs !== null && refusedAs !== 'sum_overflow') return [ending];
  const endings: string[] = [];
  // What is in already is only put in anew: nothing stands against it.
  if (!isIn(row)) {
    for (const [obstacle, likelihood] of obstacles(row, question)) {
      if (likelihood !== 'never') endings.push(obstacle);
      if (likelihood === 'surely') return endings;
    }
  }
  return [...endings, ...(mayOverflow(row, question) ? ['quarantined:total_overflow'] : []), ending];
}

function isNewlyOverflown(row: FileRow, { before }: Episode): boolean {
  return row.reason === 'total_overflow' && before.some(({ fileId, reason }) => fileId === row.fileId && reason === null);
}

/** A partial that is gone or damaged is counted again, and the last time is the end. */
export function endingOfMissing({ missingTimes }: FileRow): string {
  return missingTimes + 1 < PARTIAL_MISSING_TIMES_MAX ? 'counting' : 'quarantined:partial_missing';
}

/** In the order in which they are judged. */
function obstacles(row: FileRow, { knowledge, others }: Question): readonly (readonly [ending: string, Likelihood])[] {
  const { files, policies } = knowledge;
  const content = files.contentOf(row);
  const generations = others.filter((stages) => stages.some(({ sourceKey }) => sourceKey === row.sourceKey));
  const isTwin = (other: FileRow) => isIn(other) && files.contentOf(other) === content;
  const isTwinOut = (other: FileRow) => other.state === 'out' && files.contentOf(other) === content;
  const isUnderWay = ({ state, sequence }: FileRow) => sequence < row.sequence && (state === 'counting' || state === 'counted');
  const found: [ending: string, Likelihood][] = [['alias', likelihoodOf(generations, isTwin)]];
  if (policies.changedFile === 'quarantine') {
    found.push([
      'quarantined:new_generation',
      likelihoodOf(generations, (other) => other.sizeBytes > 0 && (isIn(other) || isUnderWay(other))),
    ]);
  }
  if (policies.changedFile === 'supersede') {
    found.push(['superseded', likelihoodOf(generations, (other) => isIn(other) && other.sequence > row.sequence)]);
  }
  if (policies.duplicateContent === 'quarantine' && content.hasRecords) {
    found.push(['quarantined:duplicate_content', likelihoodOf(others, isTwin)]);
    found.push(['quarantined:duplicate_content', likelihoodOf(generations, isTwinOut)]);
  }
  return found;
}

function likelihoodOf(others: readonly Other[], holds: (row: FileRow) => boolean): Likelihood {
  if (others.some((stages) => stages.every(holds))) return 'surely';
  return others.some((stages) => stages.some(holds)) ? 'maybe' : 'never';
}

function mayOverflow(row: FileRow, { knowledge, others }: Question): boolean {
  const { files } = knowledge;
  const isBeside = (other: FileRow) => isIn(other) && files.contentOf(other).isBig && knowledge.periodIn(other) === row.plan?.period;
  return files.contentOf(row).isBig && likelihoodOf(others, isBeside) !== 'never';
}
