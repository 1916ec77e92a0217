/**
 * The sourceId of an agent lies in a file on its volume, and goes with the volume to whatever host mounts it. Whoever has another
 * volume has another file, and so another source, whatever the paths are called.
 */
import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NAME, NAME_ALLOWED } from '../config/source-schema';
import { TallylineFailure } from '../core/failures';
import { errorCode } from '../sources/directory-root';

const RANDOM_BYTES = 6;

export interface SourceIdFile {
  readonly sourceId: string;
  /** It was not there before. */
  readonly isNew: boolean;
}

export interface SourceIdChoice {
  /** The name to give a volume that has none. */
  readonly wanted?: string | undefined;
  /** Without one it is drawn, unless a file that was lost would then have its content counted twice. */
  readonly isDrawn?: boolean;
}

/** Throws config_invalid where the file says something else, cannot be read or written, or must be named. */
export async function claimSourceId(path: string, { wanted, isDrawn = true }: SourceIdChoice = {}): Promise<SourceIdFile> {
  if (wanted !== undefined && !NAME.test(wanted))
    throw new TallylineFailure('config_invalid', `"${wanted}" is no name of a source: ${NAME_ALLOWED}`);
  try {
    if (wanted === undefined && !isDrawn && !(await isThere(path))) throw nameless(path);
    const isNew = await createUnlessThere(path, wanted ?? `agent-${randomBytes(RANDOM_BYTES).toString('hex')}`);
    return { sourceId: judge(path, await readFile(path, 'utf8'), wanted), isNew };
  } catch (error) {
    if (error instanceof TallylineFailure) throw error;
    throw new TallylineFailure('config_invalid', `the file ${path}, which names the source, cannot be used: ${String(error)}`, {
      cause: error,
    });
  }
}

function nameless(path: string): TallylineFailure {
  const fact =
    `the volume has no name in ${path}; with \`duplicateContent: count\` none is drawn, since all files would count again under it. ` +
    'Give it the one that it had, or that it is to have, by --source-id';
  return new TallylineFailure('config_invalid', fact);
}

function judge(path: string, text: string, wanted: string | undefined): string {
  const sourceId = text.trimEnd();
  if (!NAME.test(sourceId)) throw new TallylineFailure('config_invalid', `${path} holds no name of a source: ${NAME_ALLOWED}`);
  if (wanted === undefined || wanted === sourceId) return sourceId;
  const fact = `the volume is source ${sourceId} by its file ${path}, and not ${wanted}; its files would all be new ones under another name`;
  throw new TallylineFailure('config_invalid', fact);
}

/** Whole or not at all, also when the host fails in between: a name that is lost makes every file a new one. */
async function createUnlessThere(path: string, sourceId: string): Promise<boolean> {
  // A name that no listing takes for a file.
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(RANDOM_BYTES).toString('hex')}`);
  if (await isThere(path)) return false;
  try {
    const file = await open(draft, 'wx', 0o644);
    await file.writeFile(`${sourceId}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** So that the name outlives a power cut: with another one every file is a new one. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return await readFile(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
