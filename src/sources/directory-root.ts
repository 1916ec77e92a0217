/** The root of a directory source: is it there, and is it the one that was meant? */
import { realpath, stat } from 'node:fs/promises';
import { types } from 'node:util';

import { TallylineFailure } from '../core/failures';
import { joinPath, parseSourceKey, toBytes, toByteString } from './byte-path';
import type { DirectorySourceOptions } from './source-options';

/** Device and inode of each root at its first probe in this process (or thread). */
const firstIdentities = new Map<string, string>();

export class DirectoryRoot {
  /** The configured path, as a byte string. */
  readonly path: string;

  constructor(private readonly options: DirectorySourceOptions) {
    this.path = toByteString(Buffer.from(options.root, 'utf8'));
  }

  /**
   * Throws source_unavailable unless the root is a directory and the expected one: its marker lies in it, or, without a
   * marker, it has the device and inode of the first probe. An unmounted mount point fails one or the other.
   */
  async probe(): Promise<void> {
    const found = await this.reach(() => stat(toBytes(this.path), { bigint: true }));
    if (!found.isDirectory()) throw this.unavailable('is no directory');
    if (this.options.rootMarker !== undefined) return this.probeMarker(this.options.rootMarker);
    const identity = `${String(found.dev)}:${String(found.ino)}`;
    const name = JSON.stringify([this.options.sourceId, this.options.root]);
    const first = firstIdentities.get(name) ?? identity;
    firstIdentities.set(name, first);
    if (first !== identity) {
      throw this.unavailable(
        'is another directory than when this worker started (mounted or replaced since; if that is right, restart it)',
      );
    }
  }

  /** The absolute path without symbolic links that a file below the root must have. */
  async realPathOf(relativePath: string): Promise<string> {
    const real = await this.reach(() => realpath(toBytes(this.path), { encoding: 'buffer' }));
    return relativePath === '' ? toByteString(real) : joinPath(toByteString(real), relativePath);
  }

  pathOf(relativePath: string): Buffer {
    return toBytes(relativePath === '' ? this.path : joinPath(this.path, relativePath));
  }

  unavailable(what: string, cause?: unknown): TallylineFailure {
    return new TallylineFailure('source_unavailable', `the root "${this.options.root}" of source "${this.options.sourceId}" ${what}`, {
      cause,
    });
  }

  private async probeMarker(rootMarker: string): Promise<void> {
    const marker = await this.reach(() => stat(this.pathOf(parseSourceKey(rootMarker))), `lacks its marker file "${rootMarker}"`);
    if (!marker.isFile()) throw this.unavailable(`lacks its marker file "${rootMarker}"`);
  }

  private async reach<T>(call: () => Promise<T>, what = 'cannot be reached'): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.unavailable(`${what} (${errorCode(error)})`, error);
    }
  }
}

/** The system's code of an error, such as ENOENT, or its text. */
export function errorCode(error: unknown): string {
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}

/** Too many open files says nothing about the one that was to be opened. */
export function isOutOfDescriptors(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(errorCode(error));
}

/** True if the system says that no such file is there under this path. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error));
}
