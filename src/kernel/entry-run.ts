/** One sorted run of encoded entries, in memory or in a file, that can be read from its beginning more than once. */
import { closeSync, readSync } from 'node:fs';

import type { TotalsEntry } from '../core/partial';
import { iterateEncoded } from '../core/entry-codec';
import { ENCODED_ENTRY_BYTES_MAX } from '../core/limits';

export interface EntryRun {
  readonly sizeBytes: number;
  /** What the longest sum takes, where it is known without looking. */
  readonly longestSumBytes?: number | undefined;
  /** Bytes from `offset` on; gives how many, fewer than `target` has only at the end. */
  read(offset: number, target: Uint8Array): number;
  close(): void;
}

const PIECE_BYTES = 0x40000;

export class MemoryRun implements EntryRun {
  constructor(private readonly bytes: Uint8Array) {}

  get sizeBytes(): number {
    return this.bytes.length;
  }

  read(offset: number, target: Uint8Array): number {
    const part = this.bytes.subarray(offset, offset + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {
    // The memory goes with the last reference.
  }
}

/** In a file without a name, which any thread of the process may have written. */
export class FileRun implements EntryRun {
  constructor(
    private readonly file: number,
    readonly sizeBytes: number,
    readonly longestSumBytes?: number,
  ) {}

  read(offset: number, target: Uint8Array): number {
    let length = 0;
    while (length < target.length) {
      const read = readSync(this.file, target, length, target.length - length, offset + length);
      if (read === 0) break;
      length += read;
    }
    return length;
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Its entries one by one. Throws checkpoint_unusable for bytes that are none. */
export function* entriesOf(run: EntryRun): Generator<TotalsEntry, void> {
  const window = new Uint8Array(PIECE_BYTES);
  for (let offset = 0; offset < run.sizeBytes;) {
    const bytes = window.subarray(0, run.read(offset, window));
    const isLast = offset + bytes.length >= run.sizeBytes;
    // Entries that begin here end in the window.
    offset += yield* iterateEncoded(bytes, isLast ? bytes.length : bytes.length - ENCODED_ENTRY_BYTES_MAX);
  }
}
