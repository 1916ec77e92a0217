/**
 * What becomes of a source file after it was counted. Whatever is done is done to the counted generation alone, and only while the
 * totals hold it: the file may be the only other copy of what is billed.
 */
export const DISPOSE_KINDS = ['move', 'tag', 'delete'] as const;
export type DisposeKind = (typeof DISPOSE_KINDS)[number];

export type DisposeAction =
  /** `to`: a directory, or a prefix of keys of the same bucket. */
  | { readonly kind: 'move'; readonly to: string }
  | { readonly kind: 'tag'; readonly tags: Readonly<Record<string, string>> }
  /** `trash`: a directory that a file is renamed into first, so that what is removed can be looked at; '' in a bucket. */
  | { readonly kind: 'delete'; readonly trash: string };

/**
 * done: now. already: by an earlier attempt that did not live to say so. changed: another generation lies there, and is left alone.
 * vanished: nothing lies there. occupied: something else lies where it is to be moved. withdrawn: the sink did not allow it any more.
 */
export const DISPOSE_OUTCOMES = ['done', 'already', 'changed', 'vanished', 'occupied', 'withdrawn'] as const;
export type DisposeOutcome = (typeof DISPOSE_OUTCOMES)[number];

/** What the sink knows of it. `begun` may be done by now; the others are its end. */
export const DISPOSAL_STATES = ['begun', 'done', 'changed', 'vanished', 'withdrawn'] as const;
export type DisposalState = (typeof DISPOSAL_STATES)[number];

/** Where the file is to be, as text: a path or key, the tags, or '' where it is nowhere. */
export interface DisposalPlace {
  readonly kind: DisposeKind;
  readonly place: string;
}

/** `begun`: as the sink had allowed it before. Null: it is no end, and is tried again. */
export function disposalAfter(begun: DisposalPlace | null, outcome: DisposeOutcome): DisposalState | null {
  switch (outcome) {
    case 'done':
    case 'already':
      return 'done';
    case 'changed':
      return 'changed';
    case 'vanished':
      // Nobody says any more who removed it; it was to be removed. A move leaves nothing behind only where it put it.
      return begun?.kind === 'delete' ? 'done' : 'vanished';
    case 'withdrawn':
      return begun === null ? null : 'withdrawn';
    case 'occupied':
      return null;
  }
}

/** Where the source file is, for people. */
export function describeDisposal({ kind, place, state }: DisposalPlace & { readonly state: DisposalState }): string {
  const what = { move: `moved to ${place}`, tag: `tagged ${place}`, delete: 'deleted' }[kind];
  switch (state) {
    case 'done':
      return what;
    case 'begun':
      return `about to be ${what}`;
    case 'changed':
      return `replaced by another generation before it was to be ${what}`;
    case 'vanished':
      return `not in the source any more, and nobody knows why: it was to be ${what}`;
    case 'withdrawn':
      return `left alone, as it was not in the totals any more when it was to be ${what}`;
  }
}

/** As it is written down: in a fixed order. */
export function describeTags(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
