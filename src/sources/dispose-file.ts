/**
 * Takes a counted file out of its directory, and no other that lies under its name by then.
 *
 * Nothing can be renamed or removed on the condition that it is still the same. So whatever lies under the name is renamed into a directory
 * that nobody else knows (the hold), where it is looked at: the generation that was counted goes on its way; anything else goes back under
 * its name, by a link, which never replaces what is there by then.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, open, readdir, rmdir } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import type { DisposeAction } from '../core/disposal';
import { TallylineFailure } from '../core/failures';
import { joinPath, parentOf, parseSourceKey, toBytes, toByteString, toSourceKey } from './byte-path';
import { errorCode, isGone } from './directory-root';
import { generationOf } from './file-generation';
import { FILE_CALLS, type FileCalls } from './file-calls';
import type { DisposeRequest, DisposeResult, FileToOpen, ListedFile } from './source';

/** Directories of the trash that hold files on their way, and files that could not go back. */
const HELD = '.tallyline-held';
export const DISPLACED = 'tallyline-displaced';
const PIN = 'pin';
const TAKEN = 'taken';

/** What the disposal of a file asks of its source. */
export interface DisposingDirectory {
  /** Absolute, as a byte string. */
  pathOf(relativePath: string): string;
  /** Throws source_unavailable where the root is not as it should be. */
  look(sourceKey: string): Promise<ListedFile | null>;
}

export function trashOf(action: DisposeAction): string {
  if (action.kind === 'tag') throw new TallylineFailure('config_invalid', 'a file of a directory has no tags');
  return toByteString(Buffer.from(action.kind === 'move' ? action.to : action.trash, 'utf8'));
}

export class FileDisposal {
  private readonly path: string;
  private readonly trash: string;
  /** Null: it is removed in the end. */
  private readonly target: string | null;
  private readonly holdPrefix: string;

  constructor(
    private readonly directory: DisposingDirectory,
    private readonly file: FileToOpen,
    action: DisposeAction,
    private readonly calls: FileCalls = FILE_CALLS,
  ) {
    const relativePath = parseSourceKey(file.sourceKey);
    this.path = directory.pathOf(relativePath);
    this.trash = trashOf(action);
    this.target = action.kind === 'move' ? joinPath(this.trash, relativePath) : null;
    const digest = createHash('sha256').update(JSON.stringify([file.sourceKey, file.generation]));
    this.holdPrefix = digest.digest('hex').slice(0, 32);
  }

  /** Throws source_unavailable, not_disposed, file_displaced. */
  async run(request: DisposeRequest): Promise<DisposeResult> {
    const place = this.target === null ? '' : toSourceKey(this.target);
    try {
      return { outcome: await this.dispose(() => request.confirm(place)), place };
    } catch (error) {
      if (error instanceof TallylineFailure) throw error;
      throw this.failure('not_disposed', `could not be taken out of its directory (${errorCode(error)})`, error);
    }
  }

  private async dispose(confirm: () => Promise<boolean>): Promise<DisposeResult['outcome']> {
    for (const hold of await this.findHolds()) {
      const resumed = await this.resume(hold, confirm);
      if (resumed !== null) return resumed;
    }
    const found = await this.lookAround();
    if (found !== null) return found;
    try {
      return await this.take(confirm);
    } catch (error) {
      // Somebody else removed it, or takes it at this very moment: then it lies in his hold, and nothing is said about it yet.
      if (!isGone(error) || (await this.findHolds()).length > 0) throw error;
      const instead = await this.lookAround();
      if (instead === null) throw error;
      return instead;
    }
  }

  /** Null: what was counted lies under its name, and nothing stands where it is to go. */
  private async lookAround(): Promise<DisposeResult['outcome'] | null> {
    const listed = await this.directory.look(this.file.sourceKey);
    const target = this.target === null ? null : await statOrNull(this.target);
    const isAtTarget = target !== null && this.isCounted(target);
    if (listed?.generation === this.file.generation) return target === null || isAtTarget ? null : 'occupied';
    return isAtTarget ? 'already' : listed === null ? 'vanished' : 'changed';
  }

  private async take(confirm: () => Promise<boolean>): Promise<DisposeResult['outcome']> {
    const hold = joinPath(joinPath(this.trash, HELD), `${this.holdPrefix}.${randomUUID()}`);
    await mkdir(toBytes(parentOf(hold)), { recursive: true });
    // Nobody else makes this one: what is renamed into it replaces nothing.
    await mkdir(toBytes(hold));
    try {
      // Whoever may link the file may put it back, and whatever is linked is on this file system. It shows what lies there now, too.
      const pin = joinPath(hold, PIN);
      await this.calls.link(this.path, pin);
      if (!this.isCounted(await lstat(toBytes(pin), { bigint: true }))) return 'changed';
      if (!(await confirm())) return 'withdrawn';
      await this.calls.rename(this.path, joinPath(hold, TAKEN));
      return await this.settle(hold);
    } finally {
      await this.leave(hold);
    }
  }

  /** What an attempt left that died. Null: nothing of it is to be done any more. */
  private async resume(hold: string, confirm: () => Promise<boolean>): Promise<DisposeResult['outcome'] | null> {
    try {
      const taken = await statOrNull(joinPath(hold, TAKEN));
      if (taken === null) return null;
      if (!this.isCounted(taken) || (await confirm())) return await this.settle(hold);
      await this.putBack(hold);
      return 'withdrawn';
    } finally {
      await this.leave(hold);
    }
  }

  /** What was taken goes on its way if it is what was counted, and back under its name if it is not, or cannot. */
  private async settle(hold: string): Promise<DisposeResult['outcome']> {
    const taken = joinPath(hold, TAKEN);
    try {
      await syncDirectory(parentOf(this.path));
      if (!this.isCounted(await lstat(toBytes(taken), { bigint: true }))) {
        await this.putBack(hold);
        return 'changed';
      }
      if (this.target !== null && !(await this.linkToTarget(taken, this.target))) {
        await this.putBack(hold);
        return 'occupied';
      }
      await this.calls.unlink(taken);
      return 'done';
    } catch (error) {
      const isDisplaced = error instanceof TallylineFailure;
      if (!isDisplaced && (await statOrNull(taken))) await this.putBack(hold);
      throw error;
    }
  }

  /** False when something else lies there. */
  private async linkToTarget(taken: string, target: string): Promise<boolean> {
    await mkdir(toBytes(parentOf(target)), { recursive: true });
    if (!(await this.linkUnlessThere(taken, target))) return false;
    await syncDirectory(parentOf(target));
    return true;
  }

  /** Under its name, or, where a newer file lies there by now, under one that says so; never over anything. */
  private async putBack(hold: string): Promise<void> {
    const taken = joinPath(hold, TAKEN);
    const fault = await this.linkUnlessThere(taken, this.path).then(
      (isBack) => (isBack ? null : 'a newer one lies under its name'),
      (error: unknown) => errorCode(error),
    );
    if (fault === null) {
      await syncDirectory(parentOf(this.path));
      await this.calls.unlink(taken);
      return;
    }
    const displaced = joinPath(joinPath(this.trash, DISPLACED), hold.slice(hold.lastIndexOf('/') + 1));
    await mkdir(toBytes(displaced), { recursive: true });
    const place = joinPath(displaced, this.path.slice(this.path.lastIndexOf('/') + 1));
    const what = this.isCounted(await lstat(toBytes(taken), { bigint: true }))
      ? 'the generation that was counted'
      : 'another generation, not counted';
    await this.calls.rename(taken, place);
    throw this.failure('file_displaced', `was taken out (${what}) and could not go back (${fault}): it lies at "${toSourceKey(place)}"`);
  }

  /** True also where it is this very file that lies there. */
  private async linkUnlessThere(from: string, to: string): Promise<boolean> {
    try {
      await this.calls.link(from, to);
      return true;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      const [own, there] = [await lstat(toBytes(from), { bigint: true }), await statOrNull(to)];
      return there !== null && own.ino === there.ino && own.dev === there.dev;
    }
  }

  private isCounted(stats: BigIntStats): boolean {
    return stats.isFile() && generationOf(stats) === this.file.generation;
  }

  private async findHolds(): Promise<string[]> {
    const held = joinPath(this.trash, HELD);
    const names = await readdir(toBytes(held)).catch((error: unknown) => {
      if (isGone(error)) return [];
      throw error;
    });
    return names.filter((name) => name.startsWith(`${this.holdPrefix}.`)).map((name) => joinPath(held, name));
  }

  /** A hold that still holds a file stays: the next attempt finds it. */
  private async leave(hold: string): Promise<void> {
    if (await statOrNull(joinPath(hold, TAKEN))) return;
    try {
      if (await statOrNull(joinPath(hold, PIN))) await this.calls.unlink(joinPath(hold, PIN));
      await rmdir(toBytes(hold));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  private failure(code: 'not_disposed' | 'file_displaced', what: string, cause?: unknown): TallylineFailure {
    return new TallylineFailure(code, `"${this.file.sourceKey}" ${what}`, { cause });
  }
}

async function statOrNull(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(toBytes(path), { bigint: true });
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** A name that was made here stays through a power cut. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(toBytes(path), 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
