/** One generation of a local file, pinned by its open descriptor. */
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import type { TallylineFailure } from '../core/failures';
import { generationOf } from './file-generation';
import type { FileToOpen, ListedFile, OpenFile } from './source';

/** What the file asks of its source. */
export interface FileWitness {
  look(): Promise<ListedFile | null>;
  /** The failure for a file that is not what it was, after a second look. */
  explain(cause?: unknown): Promise<TallylineFailure>;
  /** The failure for an error of the system. */
  unreadable(error: unknown): Promise<Error>;
}

export class LocalFile implements OpenFile {
  private isClosed = false;

  constructor(
    private readonly file: FileToOpen,
    private readonly handle: FileHandle,
    private readonly witness: FileWitness,
  ) {}

  async read(offset: number, target: Uint8Array): Promise<number> {
    const length = Math.min(target.length, this.file.sizeBytes - offset);
    if (length <= 0) return 0;
    const { bytesRead } = await this.handle.read(target, 0, length, offset).catch(async (error: unknown) => {
      throw await this.witness.unreadable(error);
    });
    if (bytesRead === 0) throw await this.witness.explain();
    return bytesRead;
  }

  readNow(offset: number, target: Uint8Array): number {
    const length = Math.min(target.length, this.file.sizeBytes - offset);
    try {
      return length > 0 && !this.isClosed ? readSync(this.handle.fd, target, 0, length, offset) : 0;
    } catch {
      return 0;
    }
  }

  async verify(): Promise<void> {
    const stats = await this.handle.stat({ bigint: true }).catch(async (error: unknown) => {
      throw await this.witness.unreadable(error);
    });
    const found = await this.witness.look();
    if (generationOf(stats) !== this.file.generation || found?.generation !== this.file.generation) throw await this.witness.explain();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.handle.close();
  }
}
