/**
 * The policies changedFile and duplicateContent: whether a counted file may go into the totals, seen what else is there. Pure.
 * "In" means that the totals hold a contribution of the file (inVersion is not null), whatever its state: a recount may be under way.
 */
import type { QuarantineReason } from './failures';
import type { FileState } from './file-row';
import type { Policies } from './policies';

/** What the policies look at in a file row. */
export interface JudgedFile {
  readonly fileId: string;
  /** Order of first sight. */
  readonly sequence: number;
  readonly state: FileState;
  readonly inVersion: number | null;
  readonly sizeBytes: number;
  /** Of the version counted last, or null. */
  readonly contentDigest: string | null;
  /** Of inVersion, or null. */
  readonly inContentDigest: string | null;
}

export interface ApplyQuestion {
  readonly file: JudgedFile;
  readonly contentDigest: string;
  /** Accepted records: a file without any cannot bill anything twice. */
  readonly records: number;
  /** All generations of the file's sourceKey in its source; the file itself is skipped. */
  readonly generations: readonly JudgedFile[];
  /** All files of the pipeline that are in with this content; the file itself is skipped. */
  readonly holders: readonly JudgedFile[];
  readonly policies: Pick<Policies, 'changedFile' | 'duplicateContent'>;
}

export type ApplyDecision =
  | { readonly kind: 'apply'; readonly supersedes: readonly JudgedFile[] }
  | { readonly kind: 'alias' }
  | { readonly kind: 'overtaken' }
  | Refusal;

interface Refusal {
  readonly kind: 'quarantine';
  readonly reason: Extract<QuarantineReason, 'new_generation' | 'duplicate_content'>;
  readonly detail: string;
}

export function decideApply(question: ApplyQuestion): ApplyDecision {
  const { file, contentDigest, policies } = question;
  const generations = question.generations.filter(({ fileId }) => fileId !== file.fileId);
  if (file.inVersion !== null) return judgeRecount(question);
  if (generations.some((other) => isIn(other) && other.inContentDigest === contentDigest)) return { kind: 'alias' };
  if (policies.changedFile === 'quarantine') {
    const blocking = generations.find((other) => isBefore(other, file));
    if (blocking) return newGeneration(blocking);
  }
  const supersedes = policies.changedFile === 'supersede' ? generations.filter(isIn) : [];
  if (supersedes.some((other) => other.sequence > file.sequence)) return { kind: 'overtaken' };
  return findDuplicate(question, generations) ?? { kind: 'apply', supersedes };
}

/**
 * What sizes prove before anything is read: contents of different sizes differ, so that the file would be set aside when it is applied.
 * Null: count it, and judge when it is applied.
 */
export function judgeAdmission(
  file: JudgedFile,
  generations: readonly JudgedFile[],
  policies: Pick<Policies, 'changedFile'>,
): Refusal | null {
  if (policies.changedFile !== 'quarantine' || file.inVersion !== null) return null;
  const others = generations.filter(({ fileId }) => fileId !== file.fileId);
  // One of the same size may be the same content under a new time stamp, of which this file then is an alias.
  if (others.some((other) => isIn(other) && other.sizeBytes === file.sizeBytes)) return null;
  const blocking = others.find((other) => isBefore(other, file) && other.sizeBytes !== file.sizeBytes);
  return blocking ? newGeneration(blocking) : null;
}

/** A recount replaces its own contribution, so no other generation stands against it; only content that changed is judged. */
function judgeRecount(question: ApplyQuestion): ApplyDecision {
  const isSameContent = question.file.inContentDigest === question.contentDigest;
  return (isSameContent ? null : findDuplicate(question, [])) ?? { kind: 'apply', supersedes: [] };
}

function findDuplicate(question: ApplyQuestion, generations: readonly JudgedFile[]): Refusal | null {
  const { file, contentDigest, records, policies } = question;
  if (policies.duplicateContent === 'count' || records === 0) return null;
  const holder = question.holders.find(({ fileId }) => fileId !== file.fileId);
  const takenOut = generations.find((other) => other.state === 'out' && other.contentDigest === contentDigest);
  if (holder)
    return { kind: 'quarantine', reason: 'duplicate_content', detail: `the totals hold this content already, as file ${holder.fileId}` };
  if (takenOut)
    return {
      kind: 'quarantine',
      reason: 'duplicate_content',
      detail: `this content was taken out of the totals, as file ${takenOut.fileId}`,
    };
  return null;
}

function isIn(file: JudgedFile): boolean {
  return file.inVersion !== null;
}

/**
 * Whether the earlier generation has the better right: it is in, or was seen first and is on its way. An empty one has none: it bills
 * nothing, and emitters create a file before they fill it.
 */
function isBefore(other: JudgedFile, file: JudgedFile): boolean {
  if (other.sizeBytes === 0) return false;
  return isIn(other) || (other.sequence < file.sequence && (other.state === 'counting' || other.state === 'counted'));
}

function newGeneration(other: JudgedFile): Refusal {
  return {
    kind: 'quarantine',
    reason: 'new_generation',
    detail: `another generation of this file, ${other.fileId}, is ${isIn(other) ? 'in the totals' : other.state}`,
  };
}
