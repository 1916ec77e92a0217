/** A directory tree as a source. Symbolic links are never followed; only regular files count as files. */
import { lstat, open, realpath } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import picomatch from 'picomatch';

import { TallylineFailure } from '../core/failures';
import { parentOf, parseSourceKey, toByteString, toBytes, toSourceKey } from './byte-path';
import { DirectoryRoot, errorCode, isGone } from './directory-root';
import { walkDirectory } from './directory-walk';
import type { WalkFilter } from './directory-walk';
import { generationOf } from './file-generation';
import { LocalFile } from './local-file';
import type { FileToOpen, ListedFile, ListedPage, OpenFile, Source } from './source';
import type { DirectorySourceOptions } from './source-options';

export class LocalDirectorySource implements Source {
  readonly sourceId: string;
  private readonly root: DirectoryRoot;
  private readonly filter: WalkFilter;

  constructor(private readonly options: DirectorySourceOptions) {
    this.sourceId = options.sourceId;
    this.root = new DirectoryRoot(options);
    this.filter = createFilter(options);
  }

  probe(): Promise<void> {
    return this.root.probe();
  }

  /** The cursor is the sourceKey of the last file of its page. */
  async *list({ pageFiles, cursor }: { readonly pageFiles: number; readonly cursor?: string | undefined }): AsyncGenerator<ListedPage> {
    await this.root.probe();
    let files: ListedFile[] = [];
    for await (const walked of walkDirectory(this.root, this.filter, cursor === undefined ? '' : parseSourceKey(cursor))) {
      files.push(describe(walked.sourceKey, walked.stats, walked.isMarkedDone));
      if (files.length < pageFiles) continue;
      yield { files, cursor: walked.sourceKey };
      files = [];
    }
    const last = files.at(-1);
    if (last !== undefined) yield { files, cursor: last.sourceKey };
  }

  /** Looks at any file below the root, whether the globs choose it or not: they only say what `list` offers. */
  async look(sourceKey: string): Promise<ListedFile | null> {
    const path = parseSourceKey(sourceKey);
    try {
      // The marker first: what is stat'ed after it is at least as new as what was marked.
      const isMarkedDone = this.options.doneMarker !== undefined && (await this.hasMarker(path + this.options.doneMarker));
      const stats = await lstat(this.root.pathOf(path), { bigint: true });
      if (!stats.isFile() || !(await this.isInPlace(parentOf(path)))) return await this.nothing();
      return describe(sourceKey, stats, isMarkedDone);
    } catch (error) {
      if (isGone(error)) return this.nothing();
      throw await this.unreadable(sourceKey, error);
    }
  }

  async open(file: FileToOpen): Promise<OpenFile> {
    const path = parseSourceKey(file.sourceKey);
    const handle = await open(this.root.pathOf(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      async (error: unknown) => {
        throw isGone(error) ? await this.explain(file, error) : await this.unreadable(file.sourceKey, error);
      },
    );
    const opened = new LocalFile(file, handle, {
      explain: (cause) => this.explain(file, cause),
      unreadable: (error) => this.unreadable(file.sourceKey, error),
      look: () => this.look(file.sourceKey),
    });
    try {
      const stats = await handle.stat({ bigint: true });
      const isPinned = stats.isFile() && generationOf(stats) === file.generation && (await this.isOpenedInPlace(handle.fd, path));
      if (!isPinned) throw await this.explain(file);
      return opened;
    } catch (error) {
      await opened.close();
      throw await this.unreadable(file.sourceKey, error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The second look: what a file that is not what it was turns out to be. Never a verdict about it while the root is not fine. */
  private async explain(file: FileToOpen, cause?: unknown): Promise<TallylineFailure> {
    await this.root.probe();
    const found = await this.look(file.sourceKey);
    const subject = `"${file.sourceKey}" of source "${this.sourceId}"`;
    if (found === null) return new TallylineFailure('vanished', `${subject} is not there any more`, { cause });
    if (found.generation !== file.generation) {
      return new TallylineFailure('changed', `${subject} changed: it is ${found.generation} now, and was ${file.generation}`, { cause });
    }
    return this.root.unavailable(`is unsteady: "${file.sourceKey}" was not what it had been, and is again`, cause);
  }

  private async unreadable(sourceKey: string, error: unknown): Promise<Error> {
    if (error instanceof TallylineFailure) return error;
    await this.root.probe();
    const code = errorCode(error);
    // Too many open files says nothing about this one.
    if (code === 'EMFILE' || code === 'ENFILE') return this.root.unavailable(`could not be read: too many open files (${code})`, error);
    return new TallylineFailure('unreadable', `"${sourceKey}" of source "${this.sourceId}" cannot be read (${code})`, { cause: error });
  }

  private async nothing(): Promise<null> {
    await this.root.probe();
    return null;
  }

  private async hasMarker(path: string): Promise<boolean> {
    try {
      return (await lstat(this.root.pathOf(path))).isFile();
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  private async isInPlace(path: string): Promise<boolean> {
    const real = await realpath(this.root.pathOf(path), { encoding: 'buffer' });
    return toByteString(real) === (await this.root.realPathOf(path));
  }

  /** Where the descriptor itself lies, so that no component can be swapped for a link in between. */
  private async isOpenedInPlace(descriptor: number, path: string): Promise<boolean> {
    const opened = process.platform === 'linux' ? toBytes(`/proc/self/fd/${String(descriptor)}`) : this.root.pathOf(path);
    try {
      return toByteString(await realpath(opened, { encoding: 'buffer' })) === (await this.root.realPathOf(path));
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }
}

function createFilter(options: DirectorySourceOptions): WalkFilter {
  const isIncluded = picomatch([...options.include], { windows: false });
  const isExcluded = picomatch([...options.exclude], { windows: false, dot: true });
  const prunedGlobs = options.exclude.filter((glob) => glob.endsWith('/**')).map((glob) => glob.slice(0, -'/**'.length));
  const isPruned = picomatch(prunedGlobs, { windows: false, dot: true });
  // A marker is compared in its canonical form, however it was written.
  const rootMarker = options.rootMarker === undefined ? undefined : toSourceKey(parseSourceKey(options.rootMarker));
  return {
    isPruned: (directoryKey) => isPruned(directoryKey),
    isWanted: (sourceKey) => sourceKey !== rootMarker && isIncluded(sourceKey) && !isExcluded(sourceKey),
    doneMarker: options.doneMarker === undefined ? undefined : toByteString(Buffer.from(options.doneMarker, 'utf8')),
  };
}

function describe(sourceKey: string, stats: BigIntStats, isMarkedDone: boolean): ListedFile {
  return {
    sourceKey,
    generation: generationOf(stats),
    sizeBytes: Number(stats.size),
    modifiedAtMs: Number(stats.mtimeNs / 1_000_000n),
    isMarkedDone,
  };
}
