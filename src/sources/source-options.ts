import type { BucketOptions } from '../buckets/bucket-options';

/** Which files of a source are taken, and what lies beside them. */
interface Chosen {
  /** Globs over the sourceKey; a file is listed when one of these matches and none of `exclude` does. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Suffix: file X is marked done while a file X + suffix lies beside it. Such markers are not listed. */
  readonly doneMarker?: string;
  /** Suffix: a file X + suffix is the manifest beside file X. Not listed as a file. */
  readonly manifestSuffix?: string;
  /** Glob over the sourceKey of manifests that list other files. Not listed as files. */
  readonly batchManifests?: string;
  /** sourceKey of a file that exists in the right root or bucket, so that another one is not taken for it. Not listed. */
  readonly rootMarker?: string;
}

/** What opens a source, as plain data: it crosses thread edges. One member a kind of source. */
export interface DirectorySourceOptions extends Chosen {
  readonly kind: 'directory';
  readonly sourceId: string;
  /** Path of the root; may itself be a symbolic link to a directory. */
  readonly root: string;
}

export interface BucketSourceOptions extends BucketOptions, Chosen {
  readonly kind: 's3';
  readonly sourceId: string;
  /** Writers promise never to use a key twice. */
  readonly keysAreUnique: boolean;
  /** Only keys that begin with it. */
  readonly prefix: string;
}

export type SourceOptions = DirectorySourceOptions | BucketSourceOptions;

/** For one of several threads: they share the requests that the process may have under way. */
export function shareOf(options: SourceOptions, threads: number): SourceOptions {
  if (options.kind === 'directory') return options;
  return { ...options, requests: Math.max(1, Math.floor(options.requests / threads)) };
}
