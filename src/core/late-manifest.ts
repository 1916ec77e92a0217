/** Which counted generation a manifest speaks of that comes after the count. Pure. */
import type { JudgedFile } from './apply-decision';

export interface LateFile {
  readonly fileId: string;
  /** Its own, and those found to be the same content. */
  readonly generations: readonly string[];
  /** Seen last of those that are in: the one that is meant when the source has the file no more. */
  readonly isLatest: boolean;
}

type Row = JudgedFile & { readonly generation: string };

/** `rows`: all generations of one sourceKey. */
export function findLateFiles(rows: readonly Row[]): readonly LateFile[] {
  const inside = rows.filter(({ inVersion }) => inVersion !== null);
  const latest = Math.max(...inside.map(({ sequence }) => sequence));
  return inside.map(({ fileId, generation, sequence, inContentDigest }) => {
    const aliases = rows.filter(({ state, contentDigest }) => state === 'alias' && contentDigest === inContentDigest);
    return { fileId, generations: [generation, ...aliases.map((row) => row.generation)], isLatest: sequence === latest };
  });
}

/** `shown`: the generation that the source shows now, or null when it has the file no more. */
export function isMeant({ generations, isLatest }: LateFile, shown: string | null): boolean {
  return shown === null ? isLatest : generations.includes(shown);
}
