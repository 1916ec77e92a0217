/**
 * The file-row state machine: every change that any sink makes to a file row is decided here.
 *
 * `version` says how often the file was taken up anew; `inVersion` says whose contribution the totals hold.
 * A change that names another version is `fenced`: it came from a run that no longer speaks for the file.
 */
import type { QuarantineReason } from './failures';
import { PARTIAL_MISSING_TIMES_MAX } from './limits';

export const FILE_STATES = ['seen', 'counting', 'counted', 'in', 'out', 'quarantined', 'superseded', 'alias'] as const;
export type FileState = (typeof FILE_STATES)[number];

/** The part of a file row that the state machine decides about. */
export interface FileRowState {
  readonly version: number;
  readonly state: FileState;
  /** The version whose contribution the totals hold, or null. */
  readonly inVersion: number | null;
  /** Why it is quarantined, else null. */
  readonly reason: QuarantineReason | null;
  /** How often a partial of this version was found missing at apply. */
  readonly missingTimes: number;
}

export type FileEvent =
  | { readonly kind: 'admit'; readonly version: number }
  | { readonly kind: 'replan'; readonly version: number }
  | { readonly kind: 'markCounted'; readonly version: number }
  | { readonly kind: 'apply'; readonly version: number }
  | { readonly kind: 'alias'; readonly version: number }
  | { readonly kind: 'overtaken'; readonly version: number }
  | { readonly kind: 'partialMissing'; readonly version: number }
  | { readonly kind: 'quarantine'; readonly version: number; readonly reason: QuarantineReason }
  | { readonly kind: 'generationReturned' }
  | { readonly kind: 'retract' }
  | { readonly kind: 'supersede' }
  | { readonly kind: 'recount' }
  | { readonly kind: 'release' };

/** moved: the row changes. already: this very change was made before. fenced: another version. refused: the state does not allow it. */
export type Transition =
  | { readonly kind: 'moved'; readonly row: FileRowState }
  | { readonly kind: 'already' }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'refused' };

/** A file that is seen for the first time. */
export const FIRST_SIGHT: FileRowState = { version: 1, state: 'seen', inVersion: null, reason: null, missingTimes: 0 };

/** States from which nothing moves by itself: only a command or a new look at the source does. */
export function isTerminal(state: FileState): boolean {
  return state !== 'seen' && state !== 'counting' && state !== 'counted';
}

const ALREADY: Transition = { kind: 'already' };
const FENCED: Transition = { kind: 'fenced' };
const REFUSED: Transition = { kind: 'refused' };

/** What ends the reading of a file. */
const ONLY_UNTIL_COUNTED: readonly QuarantineReason[] = [
  ...(['changed', 'vanished', 'unreadable', 'worker_lost', 'cancelled'] as const),
  ...(['compressed_damaged', 'compressed_too_large', 'header_unknown'] as const),
];

/** Decides one change of one row. Pure; the caller holds the row's lock. */
export function decideTransition(row: FileRowState, event: FileEvent): Transition {
  if ('version' in event && event.version !== row.version) return FENCED;
  switch (event.kind) {
    case 'admit':
      if (row.state === 'counting') return ALREADY;
      return row.state === 'seen' ? moved(row, { state: 'counting' }) : FENCED;
    case 'replan':
      return row.state === 'counting' ? moved(row, {}) : FENCED;
    case 'markCounted':
      if (row.state === 'counted' || row.state === 'in') return ALREADY;
      return row.state === 'counting' ? moved(row, { state: 'counted' }) : FENCED;
    case 'apply':
      if (row.state === 'in') return ALREADY;
      return row.state === 'counted' ? moved(row, { state: 'in', inVersion: row.version }) : FENCED;
    case 'alias':
      return fromCounted(row, 'alias');
    case 'overtaken':
      return fromCounted(row, 'superseded');
    case 'partialMissing':
      return partialMissing(row);
    case 'quarantine':
      return quarantine(row, event.reason);
    case 'generationReturned':
      if (row.state !== 'superseded') return REFUSED;
      return moved(row, { state: 'quarantined', reason: 'generation_returned' });
    case 'retract':
      return takeOut(row, 'out');
    case 'supersede':
      return takeOut(row, 'superseded');
    case 'recount':
      return takeUpAnew(row, ['in', 'out', 'superseded', 'alias']);
    case 'release':
      return takeUpAnew(row, ['quarantined']);
  }
}

function moved(row: FileRowState, change: Partial<FileRowState>): Transition {
  return { kind: 'moved', row: { ...row, reason: null, ...change } };
}

/** A recount whose content turns out to be an alias or overtaken leaves what the totals hold alone, so it needs inVersion null. */
function fromCounted(row: FileRowState, state: 'alias' | 'superseded'): Transition {
  if (row.state === state) return ALREADY;
  return row.state === 'counted' && row.inVersion === null ? moved(row, { state }) : FENCED;
}

function partialMissing(row: FileRowState): Transition {
  if (row.state !== 'counted') return FENCED;
  const missingTimes = row.missingTimes + 1;
  return missingTimes < PARTIAL_MISSING_TIMES_MAX
    ? moved(row, { state: 'counting', missingTimes })
    : moved(row, { state: 'quarantined', reason: 'partial_missing', missingTimes });
}

/**
 * Never from `in`: what the totals hold is not set aside by a fault that is found later. From `counted` only by what is judged about
 * the count itself: that is complete, so a late twin that finds the source changed or gone says nothing about it.
 */
function quarantine(row: FileRowState, reason: QuarantineReason): Transition {
  if (row.state === 'quarantined') return ALREADY;
  if (row.state === 'counted' && ONLY_UNTIL_COUNTED.includes(reason)) return FENCED;
  return isTerminal(row.state) ? FENCED : moved(row, { state: 'quarantined', reason });
}

/** Takes the contribution out of the totals; raising the version fences whatever still counts the file. */
function takeOut(row: FileRowState, state: 'out' | 'superseded'): Transition {
  if (row.inVersion === null) return row.state === state ? ALREADY : REFUSED;
  return moved(row, { version: row.version + 1, state, inVersion: null, missingTimes: 0 });
}

/** Counts the file again; what the totals hold of it stays there until the new count is applied in its place. */
function takeUpAnew(row: FileRowState, from: readonly FileState[]): Transition {
  if (!from.includes(row.state)) return REFUSED;
  return moved(row, { version: row.version + 1, state: 'seen', missingTimes: 0 });
}
