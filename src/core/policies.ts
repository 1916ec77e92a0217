/** What a pipeline does where it has a choice. The defaults never bill twice. */
export interface Policies {
  /** A new generation of a sourceKey of which another generation is in, counting or counted. */
  readonly changedFile: 'quarantine' | 'supersede' | 'count-new';
  /** Content that the totals hold already, or that this sourceKey's `out` generation had. */
  readonly duplicateContent: 'quarantine' | 'count';
  readonly unterminatedLastLine: 'quarantine' | 'count';
  /** A limit that is absent does not apply; with neither, any reject quarantines. */
  readonly rejects: { readonly maxCount?: number; readonly maxRatio?: number };
}

export const DEFAULT_POLICIES: Policies = {
  changedFile: 'quarantine',
  duplicateContent: 'quarantine',
  unterminatedLastLine: 'quarantine',
  rejects: {},
};
