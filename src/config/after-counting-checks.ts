/** Rules over what becomes of counted files: it must never reach a file that was not counted, nor hide one that somebody else counts. */
import { resolve, sep } from 'node:path';
import type { z } from 'zod';

import type { afterCountingSchema } from './after-counting-schema';
import { judgeBucket, type SourceOfFiles } from './bucket-after-counting';
import type { Fault } from './fault';

type AfterCounting = z.output<typeof afterCountingSchema>;

export interface Beside {
  readonly contributionsMs: number | undefined;
  readonly changedFile: string | undefined;
  /** Of the configuration file. */
  readonly directory: string;
}

/** Below the root, where the walk does not enter it. */
export const TRASH_OF_ROOT = '.tallyline-trash';

/** The source of one pipeline, beside all of the configuration. */
export function checkAfterCounting(
  source: SourceOfFiles | undefined,
  others: readonly SourceOfFiles[],
  { contributionsMs, changedFile, directory }: Beside,
): Fault[] {
  // What stands beside `keep` is only laid ready.
  if (source?.afterCounting === undefined || source.afterCounting.action === 'keep') return [];
  const { afterCounting } = source;
  const faults = checkMeaning(source.kind, afterCounting);
  if (contributionsMs !== undefined && afterCounting.after >= contributionsMs)
    faults.push(fault('after', 'must be shorter than `retention.contributions`: a file is left alone once its contribution is pruned'));
  if (faults.length > 0) return faults;
  if (source.kind === 's3') return judgeBucket(source, others, changedFile).map(([option, message]) => fault(option, message));
  return checkDirectory(resolve(directory, source.root), afterCounting, { others: rootsOf(others, directory), directory });
}

function checkMeaning(kind: string, { action, to, tags }: AfterCounting): Fault[] {
  const isDirectory = kind === 'directory';
  const faults: Fault[] = [];
  if (action === 'tag' && isDirectory) faults.push(fault('action', 'cannot be `tag` for a directory: its files have no tags'));
  if (action === 'tag' && !isDirectory && tags === undefined) faults.push(fault('tags', 'is missing; `tag` sets them'));
  if (action !== 'tag' && tags !== undefined) faults.push(fault('tags', 'has no meaning unless `action` is `tag`'));
  if (action === 'move' && to === undefined) faults.push(fault('to', 'is missing; `move` puts files there'));
  const takesTarget = action === 'move' || (action === 'delete' && isDirectory);
  if (!takesTarget && to !== undefined) faults.push(fault('to', 'has no meaning with this `action`'));
  return faults;
}

interface Surroundings {
  readonly others: readonly string[];
  readonly directory: string;
}

/** What is renamed must be found by no listing, of this pipeline or another, and no other pipeline may still want it. */
function checkDirectory(root: string, { action, to }: AfterCounting, { others, directory }: Surroundings): Fault[] {
  const shared = others.find((other) => isWithin(other, root) || isWithin(root, other));
  if (shared !== undefined)
    return [fault('action', `cannot be \`${action}\`: another pipeline reads ${shared} too, and may not have counted the file yet`)];
  const trash = to === undefined ? resolve(root, TRASH_OF_ROOT) : resolve(directory, to);
  const found = [root, ...others].find((each) => isWithin(each, trash) || isListedBelow(each, trash));
  if (found === undefined) return [];
  const where = `is where files of ${found} are listed, and what lies there would be taken for new`;
  return [fault('to', `${where}: give a directory outside of it, or one below it whose name starts with a dot`)];
}

function rootsOf(sources: readonly SourceOfFiles[], directory: string): string[] {
  return sources.flatMap((source) => (source.kind === 'directory' ? [resolve(directory, source.root)] : []));
}

function isListedBelow(root: string, path: string): boolean {
  const names = path.slice(root.length).split(sep);
  return isWithin(path, root) && !names.some((name) => name.startsWith('.'));
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

function fault(option: string, message: string): Fault {
  return { path: ['afterCounting', option], message };
}
