/** What opens a source, as plain data: it crosses thread edges. One member a kind of source. */
export interface DirectorySourceOptions {
  readonly kind: 'directory';
  readonly sourceId: string;
  /** Path of the root; may itself be a symbolic link to a directory. */
  readonly root: string;
  /** Globs over the sourceKey; a file is listed when one of these matches and none of `exclude` does. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Suffix: file X is marked done while a file X + suffix lies beside it. Such markers are not listed. */
  readonly doneMarker?: string;
  /** Suffix: a file X + suffix is the manifest beside file X. Not listed as a file. */
  readonly manifestSuffix?: string;
  /** Glob over the sourceKey of manifests that list other files. Not listed as files. */
  readonly batchManifests?: string;
  /** sourceKey of a file that exists below the right root, so that an empty mount point is not taken for it. Not listed. */
  readonly rootMarker?: string;
}

export type SourceOptions = DirectorySourceOptions;
