/**
 * Walks a directory depth-first in byte order of the names. Of a directory only names are held; files are stat'ed in batches.
 * Symbolic links are never followed. Nothing is inferred from a directory that cannot be read: the walk throws.
 */
import { lstat, opendir, realpath } from 'node:fs/promises';
import type { BigIntStats, Dirent } from 'node:fs';

import { DIRECTORY_READ_ENTRIES, DIRECTORY_STAT_BATCH_FILES } from '../core/limits';
import { comparePaths, joinPath, toByteString, toSourceKey } from './byte-path';
import { errorCode, isGone } from './directory-root';
import type { DirectoryRoot } from './directory-root';

/** What the walk asks about names; keys as in Source. */
export interface WalkFilter {
  /** No file below this directory is wanted. */
  isPruned(directoryKey: string): boolean;
  isWanted(sourceKey: string): boolean;
  /** Suffix of done markers, if the source has them. */
  readonly doneMarker: string | undefined;
}

export interface WalkedFile {
  readonly sourceKey: string;
  readonly stats: BigIntStats;
  readonly isMarkedDone: boolean;
}

interface Entry {
  readonly path: string;
  readonly sourceKey: string;
  readonly isDirectory: boolean;
  readonly isMarkedDone: boolean;
}

interface Level {
  readonly entries: readonly Entry[];
  index: number;
}

/** Yields the regular files from the start or after the relative path `after`, without a stat of what lies before it. */
export async function* walkDirectory(root: DirectoryRoot, filter: WalkFilter, after: string): AsyncGenerator<WalkedFile> {
  const levels: Level[] = [{ entries: await readEntries(root, '', filter, after), index: 0 }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const entry = level.entries[level.index];
    if (entry === undefined) {
      levels.pop();
    } else if (entry.isDirectory) {
      level.index++;
      levels.push({ entries: await readEntries(root, entry.path, filter, after), index: 0 });
    } else {
      yield* await statFiles(root, takeFiles(level));
    }
  }
}

/** Wanted files and directories of one directory that lie after `after`, or hold what does, sorted. */
async function readEntries(root: DirectoryRoot, directory: string, filter: WalkFilter, after: string): Promise<Entry[]> {
  const { doneMarker } = filter;
  const found: Entry[] = [];
  const markers = new Set<string>();
  for await (const { name, isDirectory } of readNames(root, directory)) {
    const path = joinPath(directory, name);
    if (!isDirectory && doneMarker !== undefined && name.endsWith(doneMarker)) {
      markers.add(path);
      continue;
    }
    if (isBefore(path, isDirectory, after)) continue;
    const sourceKey = toSourceKey(path);
    const isTaken = isDirectory ? !name.startsWith('.') && !filter.isPruned(sourceKey) : filter.isWanted(sourceKey);
    if (isTaken) found.push({ path, sourceKey, isDirectory, isMarkedDone: false });
  }
  const entries =
    doneMarker === undefined ? found : found.map((entry) => ({ ...entry, isMarkedDone: markers.has(entry.path + doneMarker) }));
  return entries.sort((left, right) => (left.path < right.path ? -1 : 1));
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
    await root.probe();
    if (directory !== '' && isGone(error)) return;
    throw root.unavailable(`could not be listed: its directory "${toSourceKey(directory)}" is not readable (${errorCode(error)})`, error);
  }
}

/** False if a component turned into a symbolic link since its name was read. */
async function isInPlace(root: DirectoryRoot, directory: string): Promise<boolean> {
  const real = await realpath(root.pathOf(directory), { encoding: 'buffer' });
  return toByteString(real) === (await root.realPathOf(directory));
}

function isBefore(path: string, isDirectory: boolean, after: string): boolean {
  if (after === '') return false;
  if (isDirectory && (path === after || after.startsWith(`${path}/`))) return false;
  return comparePaths(path, after) <= 0;
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

async function statFiles(root: DirectoryRoot, batch: readonly Entry[]): Promise<WalkedFile[]> {
  const files = await Promise.all(batch.map((entry) => statFile(root, entry)));
  return files.filter((file) => file !== null);
}

/** Null for a file that went since its name was read, or is no regular file any more. */
async function statFile(root: DirectoryRoot, entry: Entry): Promise<WalkedFile | null> {
  try {
    const stats = await lstat(root.pathOf(entry.path), { bigint: true });
    return stats.isFile() ? { sourceKey: entry.sourceKey, stats, isMarkedDone: entry.isMarkedDone } : null;
  } catch (error) {
    await root.probe();
    if (isGone(error)) return null;
    throw root.unavailable(`could not be listed: its file "${entry.sourceKey}" does not answer (${errorCode(error)})`, error);
  }
}
