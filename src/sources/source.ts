/**
 * Where files come from. An implementation lists what is there and reads bytes of one generation; it decides nothing.
 *
 * A sourceKey is always in its escaped form (core/source-key), which keeps any byte sequence.
 * Errors are TallylineFailure: `source_unavailable` when the root itself cannot be reached or is not the expected one,
 * `changed` and `vanished` only after a second look while the root is fine, `unreadable` for one file alone.
 */
import type { DisposeAction, DisposeOutcome } from '../core/disposal';

export interface ListedManifest {
  readonly sourceKey: string;
  /** Canonical text that differs for any two contents under one sourceKey. */
  readonly generation: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

export interface ListedFile extends ListedManifest {
  /** The writer said that it is finished (a done marker beside it). */
  readonly isMarkedDone: boolean;
  /** Beside it, where the source has such manifests and there is one. It may have come after the file: it was looked at first. */
  readonly manifest?: ListedManifest;
}

export interface ListedPage {
  readonly files: readonly ListedFile[];
  /** Those that list other files; these may lie on other pages. */
  readonly batchManifests: readonly ListedManifest[];
  /** Pass it to `list` to go on after this page. At most SOURCE_KEY_BYTES_MAX bytes, escaped. */
  readonly cursor: string;
  /** Requests to the storage that it cost; 0 where there are none to pay for. */
  readonly requests: number;
  /** The first thing that could not be looked at on the way to this page, or null. Nothing is inferred from what is missing. */
  readonly problem: string | null;
}

export interface ListOptions {
  readonly pageFiles: number;
  readonly pageMs?: number;
  readonly cursor?: string | undefined;
}

export interface FileToOpen {
  readonly sourceKey: string;
  readonly generation: string;
  readonly sizeBytes: number;
}

export interface ByteRange {
  readonly startOffset: number;
  readonly endOffset: number;
}

/** One generation of a file, pinned. */
export interface OpenFile {
  /** Reads up to target.length bytes at `offset`; fewer than asked, and at least 1 before the end. Throws `changed` on a premature end. */
  read(offset: number, target: Uint8Array): Promise<number>;
  /**
   * The same in this very thread, for those that have nothing else to do: 0 where it gave nothing or failed, and `read` tells why. Absent
   * where bytes come from far away.
   */
  readNow?(offset: number, target: Uint8Array): number;
  /** Throws `changed` or `vanished` unless the file under this sourceKey still is the generation that was opened. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface DisposeRequest {
  /** Where an earlier attempt at the same was to put it, or null. */
  readonly begunPlace: string | null;
  /**
   * Asked right before the step that cannot be taken back, with where the file will be. False: nothing may be done to it any more, and
   * what was prepared is undone.
   */
  readonly confirm: (place: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

export interface DisposeResult {
  readonly outcome: DisposeOutcome;
  /** Where it is, or was to be: as `confirm` was told, or would have been. */
  readonly place: string;
}

export interface Source {
  readonly sourceId: string;
  /** Throws `source_unavailable` unless the root answers and is the root that was configured. */
  probe(): Promise<void>;
  /**
   * Pages in a fixed order, from the start or after `cursor`; a page that fails throws and nothing is inferred from it.
   * A page is handed out as it is, even without a file, once `pageMs` went by: listing shows progress.
   */
  list(options: ListOptions): AsyncIterable<ListedPage>;
  /** It describes files and is none itself, whatever the globs say. */
  isManifest(sourceKey: string): boolean;
  /** What the source shows now under this key, or null; its sourceKey in the canonical form, whatever form was asked for. */
  look(sourceKey: string): Promise<ListedFile | null>;
  /** `range`: what will be read of it, as far as that is known; the rest can be read all the same. */
  open(file: FileToOpen, range?: ByteRange): Promise<OpenFile>;
  /**
   * Throws config_invalid where the action cannot be done to one generation alone, or where what is moved would be listed again.
   * Answers where files lie that lost their name on the way (file_displaced), as long as nobody has taken them away.
   */
  checkDisposal(action: DisposeAction): Promise<readonly string[]>;
  /**
   * Does it to exactly this generation, never to another one, nor over anything else. May be done again after any crash in between.
   * Throws not_disposed with why it could not be done, and file_displaced when another file lost its name on the way.
   */
  dispose(file: FileToOpen, action: DisposeAction, request: DisposeRequest): Promise<DisposeResult>;
  close(): Promise<void>;
}
