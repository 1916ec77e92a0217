/** Sorted entries that had no room in memory, in a file that has no name any more, so that nothing stays behind whatever happens. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { assertInvariant, TallylineFailure } from '../core/failures';
import type { TotalsEntry } from '../core/partial';
import { iterateEncoded } from '../core/entry-codec';
import type { EntriesFile } from './count-options';

/** Whole entries, encoded. */
interface Piece {
  readonly offset: number;
  readonly sizeBytes: number;
}

export class SpilledRuns {
  private readonly runs: Piece[][] = [];
  private file: number | undefined;
  private sizeBytes = 0;

  get isEmpty(): boolean {
    return this.runs.length === 0;
  }

  /** One run: pieces of whole encoded entries, in the order of their keys. Throws scratch_unavailable where nothing can be written. */
  add(pieces: Iterable<Uint8Array>): void {
    const run: Piece[] = [];
    for (const piece of pieces) {
      run.push({ offset: this.sizeBytes, sizeBytes: piece.length });
      this.write(piece);
    }
    this.runs.push(run);
  }

  /** Each run from its first entry to its last, one piece in memory at a time. */
  entries(): Iterable<TotalsEntry>[] {
    return this.runs.map((run) => this.entriesOf(run));
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
    this.runs.length = 0;
  }

  private *entriesOf(run: readonly Piece[]): Generator<TotalsEntry, void> {
    for (const { offset, sizeBytes } of run) {
      const bytes = new Uint8Array(sizeBytes);
      assertInvariant(
        this.file !== undefined && readSync(this.file, bytes, 0, sizeBytes, offset) === sizeBytes,
        'a spilled run is cut short',
      );
      yield* iterateEncoded(bytes);
    }
  }

  private write(piece: Uint8Array): void {
    this.file ??= openUnnamed();
    writeAt(this.file, piece, this.sizeBytes);
    this.sizeBytes += piece.length;
  }
}

/** Writes a file without a name. Throws scratch_unavailable. */
export function writeUnnamed(pieces: Iterable<Uint8Array>): EntriesFile {
  const descriptor = openUnnamed();
  let sizeBytes = 0;
  try {
    for (const piece of pieces) {
      writeAt(descriptor, piece, sizeBytes);
      sizeBytes += piece.length;
    }
    return { descriptor, sizeBytes };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function writeAt(file: number, piece: Uint8Array, offset: number): void {
  try {
    for (let written = 0; written < piece.length;) written += writeSync(file, piece, written, piece.length - written, offset + written);
  } catch (error) {
    throw scratchUnavailable(error);
  }
}

function openUnnamed(): number {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'tallyline-runs-'));
    try {
      return openSync(join(folder, 'runs'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw scratchUnavailable(error);
  }
}

function scratchUnavailable(error: unknown): TallylineFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new TallylineFailure('scratch_unavailable', `totals that have no room in memory cannot be written below ${tmpdir()} (${why})`);
}
