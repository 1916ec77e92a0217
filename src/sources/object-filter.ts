/** What the globs and suffixes of a bucket source choose. */
import picomatch from 'picomatch';

import { parseObjectSourceKey, toGlobPath, toObjectSourceKey } from './object-key';
import type { BucketSourceOptions } from './source-options';

export interface ObjectFilter {
  isWanted(sourceKey: string): boolean;
  isBatchManifest(sourceKey: string): boolean;
  /** It says something about another object: a done marker or the manifest beside it. Takes the key as it is. */
  isBeside(key: string): boolean;
  readonly doneMarker: string | undefined;
  readonly manifestSuffix: string | undefined;
}

export function createObjectFilter(options: BucketSourceOptions): ObjectFilter {
  const isIncluded = picomatch([...options.include], { windows: false });
  const isExcluded = picomatch([...options.exclude], { windows: false, dot: true });
  const rootMarker = options.rootMarker === undefined ? undefined : toObjectSourceKey(parseObjectSourceKey(options.rootMarker));
  const matchesBatch = options.batchManifests === undefined ? () => false : picomatch(options.batchManifests, { windows: false });
  const { doneMarker, manifestSuffix } = options;
  const suffixes = [doneMarker, manifestSuffix].filter((suffix) => suffix !== undefined);
  return {
    isWanted: (sourceKey) => {
      const path = toGlobPath(sourceKey);
      return sourceKey !== rootMarker && isIncluded(path) && !isExcluded(path);
    },
    isBatchManifest: (sourceKey) => matchesBatch(toGlobPath(sourceKey)),
    isBeside: (key) => suffixes.some((suffix) => key.endsWith(suffix)),
    doneMarker,
    manifestSuffix,
  };
}
