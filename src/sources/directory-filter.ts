/** What the globs and suffixes of a directory source choose. */
import picomatch from 'picomatch';

import { parseSourceKey, toByteString, toSourceKey } from './byte-path';
import type { WalkFilter } from './directory-walk';
import type { DirectorySourceOptions } from './source-options';

export function createFilter(options: DirectorySourceOptions): WalkFilter {
  const isIncluded = picomatch([...options.include], { windows: false });
  const isExcluded = picomatch([...options.exclude], { windows: false, dot: true });
  const prunedGlobs = options.exclude.filter((glob) => glob.endsWith('/**')).map((glob) => glob.slice(0, -'/**'.length));
  const isPruned = picomatch(prunedGlobs, { windows: false, dot: true });
  // A marker is compared in its canonical form, however it was written.
  const rootMarker = options.rootMarker === undefined ? undefined : toSourceKey(parseSourceKey(options.rootMarker));
  const isBatchManifest = options.batchManifests === undefined ? () => false : picomatch(options.batchManifests, { windows: false });
  return {
    isPruned: (directoryKey) => isPruned(directoryKey),
    isWanted: (sourceKey) => sourceKey !== rootMarker && isIncluded(sourceKey) && !isExcluded(sourceKey),
    doneMarker: toSuffix(options.doneMarker),
    manifestSuffix: toSuffix(options.manifestSuffix),
    isBatchManifest: (sourceKey) => isBatchManifest(sourceKey),
  };
}

function toSuffix(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toByteString(Buffer.from(text, 'utf8'));
}
