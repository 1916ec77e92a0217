/** A directory tree as a source. Symbolic links are never followed; only regular files count as files. */
import { lstat, open, realpath } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';

import type { DisposeAction } from '../core/disposal';
import { TallylineFailure } from '../core/failures';
import { PROBLEM_CHARACTERS_MAX } from '../core/limits';
import { parentOf, parseSourceKey, toByteString, toBytes, toSourceKey } from './byte-path';
import { createFilter } from './directory-filter';
import { DirectoryRoot, errorCode, isGone, isOutOfDescriptors } from './directory-root';
import { marks, statBeside, walkDirectory } from './directory-walk';
import type { Walked, WalkFilter } from './directory-walk';
import { FileDisposal, trashOf } from './dispose-file';
import { generationOf } from './file-generation';
import { ListingPage } from './listing-page';
import { LocalFile } from './local-file';
import type {
  DisposeRequest,
  DisposeResult,
  FileToOpen,
  ListedFile,
  ListedManifest,
  ListedPage,
  ListOptions,
  OpenFile,
  Source,
} from './source';
import type { DirectorySourceOptions } from './source-options';
import { checkTrash, findDisplaced } from './trash-check';

export class LocalDirectorySource implements Source {
  readonly sourceId: string;
  private readonly root: DirectoryRoot;
  private readonly filter: WalkFilter;

  constructor(options: DirectorySourceOptions) {
    this.sourceId = options.sourceId;
    this.root = new DirectoryRoot(options);
    this.filter = createFilter(options);
  }

  probe(): Promise<void> {
    return this.root.probe();
  }

  /** The cursor is the path of the last file of its page, or of a directory that the walk entered after it. */
  async *list({ pageFiles, pageMs = Infinity, cursor }: ListOptions): AsyncGenerator<ListedPage> {
    await this.root.probe();
    let page = new ListingPage(cursor ?? '', pageMs);
    for await (const walked of walkDirectory(this.root, this.filter, cursor ? parseSourceKey(cursor) : '')) {
      page.begin();
      if (walked.kind === 'problem') {
        page.problem ??= walked.problem.slice(0, PROBLEM_CHARACTERS_MAX);
        continue;
      }
      if (walked.kind === 'file') this.offer(page, walked);
      if (!page.moveTo(walked.sourceKey) || (page.length < pageFiles && !page.isOverdue())) continue;
      yield page.toListed();
      page = new ListingPage(page.cursor, pageMs);
    }
    if (page.length > 0 || page.problem !== null) yield page.toListed();
  }

  isManifest(sourceKey: string): boolean {
    const { manifestSuffix } = this.filter;
    const path = parseSourceKey(sourceKey);
    return (manifestSuffix !== undefined && path.endsWith(manifestSuffix)) || this.filter.isBatchManifest(toSourceKey(path));
  }

  /** Looks at any file below the root, whether the globs choose it or not: they only say what `list` offers. */
  async look(sourceKey: string): Promise<ListedFile | null> {
    const path = parseSourceKey(sourceKey);
    try {
      // What lies beside it first: what is stat'ed after it is at least as new as what was marked.
      const marker = await statBeside(this.root, path, this.filter.doneMarker);
      const manifest = await statBeside(this.root, path, this.filter.manifestSuffix);
      const stats = await lstat(this.root.pathOf(path), { bigint: true });
      if (!stats.isFile() || !(await this.isInPlace(parentOf(path)))) return await this.nothing();
      return this.describeFile(toSourceKey(path), { stats, isMarkedDone: marks(marker, stats), manifest });
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

  async checkDisposal(action: DisposeAction): Promise<readonly string[]> {
    await checkTrash(this.root, trashOf(action));
    return await findDisplaced(trashOf(action));
  }

  async dispose(file: FileToOpen, action: DisposeAction, request: DisposeRequest): Promise<DisposeResult> {
    const directory = {
      pathOf: (path: string) => toByteString(this.root.pathOf(path)),
      look: (sourceKey: string) => this.look(sourceKey),
    };
    await this.root.probe();
    return await new FileDisposal(directory, file, action).run(request);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private offer(page: ListingPage, walked: Extract<Walked, { kind: 'file' }>): void {
    if (walked.isBatchManifest) page.batchManifests.push(describe(walked.sourceKey, walked.stats));
    else page.files.push(this.describeFile(walked.sourceKey, walked));
  }

  private describeFile(sourceKey: string, { stats, isMarkedDone, manifest }: FileSight): ListedFile {
    const { manifestSuffix } = this.filter;
    const isBeside = manifest !== null && manifestSuffix !== undefined;
    return {
      ...describe(sourceKey, stats),
      isMarkedDone,
      ...(isBeside && { manifest: describe(toSourceKey(parseSourceKey(sourceKey) + manifestSuffix), manifest) }),
    };
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
    if (isOutOfDescriptors(error)) return this.root.unavailable(`could not be read: too many open files (${code})`, error);
    return new TallylineFailure('unreadable', `"${sourceKey}" of source "${this.sourceId}" cannot be read (${code})`, { cause: error });
  }

  private async nothing(): Promise<null> {
    await this.root.probe();
    return null;
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

type FileSight = Pick<Extract<Walked, { kind: 'file' }>, 'stats' | 'isMarkedDone' | 'manifest'>;

function describe(sourceKey: string, stats: BigIntStats): ListedManifest {
  return {
    sourceKey,
    generation: generationOf(stats),
    sizeBytes: Number(stats.size),
    modifiedAtMs: Number(stats.mtimeNs / 1_000_000n),
  };
}
