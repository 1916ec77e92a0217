import { LocalDirectorySource } from './local-directory';
import type { Source } from './source';
import type { SourceOptions } from './source-options';

/** The one place that knows every kind of source; there is one so far. Opens nothing yet: the first call that needs the source reaches for it. */
export function openSource(options: SourceOptions): Source {
  return new LocalDirectorySource(options);
}
