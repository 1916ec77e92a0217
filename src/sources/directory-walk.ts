/**
 * Walks a directory depth-first in byte order of the names. Of a directory only names are held; files are stat'ed in batches.
 * Symbolic links are never followed. What cannot be looked at is reported and walked around, as long as the root itself is fine;
 * nothing is inferred from it.
 */
import { lstat, opendir, realpath } from 'node:fs/promises';
import type { BigIntStats, Dirent } from 'node:fs';

import { DIRECTORY_READ_ENTRIES, DIRECTORY_STAT_BATCH_FILES } from '../core/limits';
import { comparePaths, joinPath, toByteString, toSourceKey } from './byte-path';
import { errorCode, isGone, isOutOfDescriptors } from './directory-root';
import type { DirectoryRoot } from './directory-root';

/** What the walk asks about names; keys as in Source. */
export interface WalkFilter {
  /** No file below this directory is wanted. */
  isPruned(directoryKey: string): boolean;
  isWanted(sourceKey: string): boolean;
  /** Suffix of done markers, if the source has them. */
  readonly doneMarker: string | undefined;
  /** Suffix of manifests beside files, if the source has them. */
  readonly manifestSuffix: string | undefined;
  isBatchManifest(sourceKey: string): boolean;
}

export type Walked =
  | {
      readonly kind: 'file';
      readonly sourceKey: string;
      readonly stats: BigIntStats;
      /** Its marker lies beside it, and is not older than the file. */
      readonly isMarkedDone: boolean;
      /** Of the manifest beside it, or null. */
      readonly manifest: BigIntStats | null;
      readonly isBatchManifest: boolean;
    }
  /** The walk enters this directory now; all that lies before it was walked. */
  | { readonly kind: 'directory'; readonly sourceKey: string }
  | { readonly kind: 'problem'; readonly problem: string };

interface Entry {
  readonly path: string;
  readonly sourceKey: string;
  readonly isDirectory: boolean;
  readonly hasMarker: boolean;
  readonly hasManifest: boolean;
  readonly isBatchManifest: boolean;
}

interface Level {
  readonly entries: readonly Entry[];
  index: number;
}

/** From the start or after the relative path `after`, without a stat of what lies before it. Throws source_unavailable. */
export async function* walkDirectory(root: DirectoryRoot, filter: WalkFilter, after: string): AsyncGenerator<Walked> {
  const levels: Level[] = [{ entries: await readEntries(root, '', filter, after), index: 0 }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const entry = level.entries[level.index];
    if (entry === undefined) {
      levels.pop();
    } else if (entry.isDirectory) {
      level.index++;
      // Those that lead to `after` were entered before it.
      if (!leadsTo(entry.path, after)) yield { kind: 'directory', sourceKey: entry.sourceKey };
      const entries = await orProblem(readEntries(root, entry.path, filter, after));
      if (Array.isArray(entries)) levels.push({ entries, index: 0 });
      else yield entries;
    } else {
      for (const walked of await statFiles(root, filter, takeFiles(level))) if (walked !== null) yield walked;
    }
  }
}

/** Wanted files and directories of one directory that lie after `after`, or hold what does, sorted. */
async function readEntries(root: DirectoryRoot, directory: string, filter: WalkFilter, after: string): Promise<Entry[]> {
  const { doneMarker, manifestSuffix } = filter;
  const found: Omit<Entry, 'hasMarker' | 'hasManifest'>[] = [];
  /** Paths of markers and manifests, by which entries are asked what lies beside them. */
  const beside = new Set<string>();
  for await (const { name, isDirectory } of readNames(root, directory)) {
    const path = joinPath(directory, name);
    const sourceKey = toSourceKey(path);
    const isBatchManifest = !isDirectory && filter.isBatchManifest(sourceKey);
    if (!isDirectory && !isBatchManifest && (endsWith(name, doneMarker) || endsWith(name, manifestSuffix))) {
      beside.add(path);
      continue;
    }
    if (isBefore(path, isDirectory, after)) continue;
    const isTaken = isDirectory ? !name.startsWith('.') && !filter.isPruned(sourceKey) : isBatchManifest || filter.isWanted(sourceKey);
    if (isTaken) found.push({ path, sourceKey, isDirectory, isBatchManifest });
  }
  const has = (path: string, suffix: string | undefined) => suffix !== undefined && beside.has(path + suffix);
  return found
    .map((entry) => ({ ...entry, hasMarker: has(entry.path, doneMarker), hasManifest: has(entry.path, manifestSuffix) }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

function endsWith(name: string, suffix: string | undefined): boolean {
  return suffix !== undefined && name.endsWith(suffix);
}

/** Streams the names of one directory, so that a huge one is not held as objects. A directory that is gone has none. */
async function* readNames(root: DirectoryRoot, directory: string): AsyncGenerator<{ name: string; isDirectory: boolean }> {
  try {
    // The types lack this encoding for opendir; Node passes it on, and names come as bytes.
    const options = { encoding: 'buffer' as BufferEncoding, bufferSize: DIRECTORY_READ_ENTRIES };
    const handle = await opendir(root.pathOf(directory), options);
    if (!(await isInPlace(root, directory))) {
      await handle.close();
      return;
    }
    for await (const entry of handle as unknown as AsyncIterable<Dirent<Buffer>>) {
      if (entry.isFile() || entry.isDirectory()) yield { name: toByteString(entry.name), isDirectory: entry.isDirectory() };
    }
  } catch (error) {
    if (directory !== '' && isGone(error)) {
      await root.probe();
      return;
    }
    throw await judge(root, error, directory, `the directory "${toSourceKey(directory)}" is not readable`);
  }
}

/** What could not be looked at while the root is fine. */
class WalkProblem extends Error {}

/** Without the root, or without descriptors, the walk is over; what concerns one entry alone is a problem to be told. */
async function judge(root: DirectoryRoot, error: unknown, path: string, what: string): Promise<Error> {
  await root.probe();
  const problem = `${what} (${errorCode(error)})`;
  return path === '' || isOutOfDescriptors(error) ? root.unavailable(`could not be listed: ${problem}`, error) : new WalkProblem(problem);
}

async function orProblem<Result>(work: Promise<Result>): Promise<Result | Extract<Walked, { kind: 'problem' }>> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof WalkProblem) return { kind: 'problem', problem: error.message };
    throw error;
  }
}

/** False if a component turned into a symbolic link since its name was read. */
async function isInPlace(root: DirectoryRoot, directory: string): Promise<boolean> {
  const real = await realpath(root.pathOf(directory), { encoding: 'buffer' });
  return toByteString(real) === (await root.realPathOf(directory));
}

function isBefore(path: string, isDirectory: boolean, after: string): boolean {
  if (after === '') return false;
  if (isDirectory && leadsTo(path, after)) return false;
  return comparePaths(path, after) <= 0;
}

function leadsTo(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function takeFiles(level: Level): Entry[] {
  const batch: Entry[] = [];
  for (let entry = level.entries[level.index]; entry !== undefined && !entry.isDirectory; entry = level.entries[level.index]) {
    if (batch.length >= DIRECTORY_STAT_BATCH_FILES) break;
    batch.push(entry);
    level.index++;
  }
  return batch;
}

async function statFiles(root: DirectoryRoot, filter: WalkFilter, batch: readonly Entry[]): Promise<(Walked | null)[]> {
  return await Promise.all(batch.map((entry) => orProblem(statFile(root, filter, entry))));
}

/** Null for a file that went since its name was read, or is no regular file any more. */
async function statFile(root: DirectoryRoot, { doneMarker, manifestSuffix }: WalkFilter, entry: Entry): Promise<Walked | null> {
  const { path, sourceKey, isBatchManifest } = entry;
  try {
    // What lies beside it first: what is stat'ed after it is at least as new as what was marked.
    const marker = entry.hasMarker ? await statBeside(root, path, doneMarker) : null;
    const manifest = entry.hasManifest ? await statBeside(root, path, manifestSuffix) : null;
    const stats = await lstat(root.pathOf(path), { bigint: true });
    return stats.isFile() ? { kind: 'file', sourceKey, stats, isMarkedDone: marks(marker, stats), manifest, isBatchManifest } : null;
  } catch (error) {
    if (isGone(error)) {
      await root.probe();
      return null;
    }
    throw await judge(root, error, path, `the file "${sourceKey}" does not answer`);
  }
}

/** Of the file beside `path` whose name has this suffix more. Null when there is none (any more), or no such suffix. */
export async function statBeside(root: DirectoryRoot, path: string, suffix: string | undefined): Promise<BigIntStats | null> {
  if (suffix === undefined) return null;
  try {
    const found = await lstat(root.pathOf(path + suffix), { bigint: true });
    return found.isFile() ? found : null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** A marker that is older than its file speaks of an earlier content. */
export function marks(marker: BigIntStats | null, file: BigIntStats): boolean {
  return marker !== null && marker.mtimeNs >= file.mtimeNs;
}
