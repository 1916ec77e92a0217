/** Whether a directory can take files of a source that were counted: on the same file system, and where no listing comes by. */
import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { TallylineFailure } from '../core/failures';
import { joinPath, toByteString, toBytes, toSourceKey } from './byte-path';
import { DISPLACED } from './dispose-file';
import { errorCode, isGone } from './directory-root';
import type { DirectoryRoot } from './directory-root';

/** What no waiting mends. */
const LASTING: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG'];

/** Throws config_invalid, source_unavailable. */
export async function checkTrash(root: DirectoryRoot, trash: string): Promise<void> {
  // First: an empty mount point is nothing to create a directory in.
  await root.probe();
  const named = `the directory "${toSourceKey(trash)}" of \`source.afterCounting\``;
  const [realTrash, isSameDevice] = await reach(root, trash).catch((error: unknown) => {
    if (!LASTING.includes(errorCode(error))) throw root.unavailable(`does without ${named} (${errorCode(error)})`, error);
    throw new TallylineFailure('config_invalid', `${named} cannot be made or reached (${errorCode(error)})`, { cause: error });
  });
  const realRoot = await root.realPathOf('');
  if (isWithin(realRoot, realTrash) || isListedBelow(realRoot, realTrash))
    throw new TallylineFailure('config_invalid', `${named} is "${toSourceKey(realTrash)}", where files would be listed again`);
  if (!isSameDevice)
    throw new TallylineFailure('config_invalid', `${named} lies on another file system than the source: nothing can be renamed into it`);
}

/** Where files lie that lost their name and could not go back: for as long as somebody leaves them there. */
export async function findDisplaced(trash: string): Promise<string[]> {
  const places: string[] = [];
  // Each has a directory of its own, which is empty once somebody took it away.
  for (const directory of await pathsIn(joinPath(trash, DISPLACED))) places.push(...(await pathsIn(directory)).map(toSourceKey));
  return places;
}

async function pathsIn(directory: string): Promise<string[]> {
  const names = await readdir(toBytes(directory), { encoding: 'buffer' }).catch((error: unknown) => {
    if (isGone(error)) return [];
    throw error;
  });
  return names.map((name) => joinPath(directory, toByteString(name)));
}

async function reach(root: DirectoryRoot, trash: string): Promise<[string, boolean]> {
  await mkdir(toBytes(trash), { recursive: true });
  const [own, ofRoot] = await Promise.all([stat(toBytes(trash), { bigint: true }), stat(root.pathOf(''), { bigint: true })]);
  return [toByteString(await realpath(toBytes(trash), { encoding: 'buffer' })), own.dev === ofRoot.dev];
}

/** Below the root, and no directory on the way to it has a name that starts with a dot. */
function isListedBelow(root: string, path: string): boolean {
  return (
    isWithin(path, root) &&
    !path
      .slice(root.length)
      .split('/')
      .some((name) => name.startsWith('.'))
  );
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
