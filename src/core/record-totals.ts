/** Where the records of a split are added up, and how whole runs of lines get there: in TypeScript, or in a kernel. */
import type { EncodedEntries } from './entry-codec';
import type { RecordReader } from './record-reader';

export interface RecordTotals {
  /** Lines that takeRun took so far. */
  readonly records: number;
  readonly blanks: number;
  /** How records are read, before the first of them. */
  useReader(reader: RecordReader): void;
  /** A record that no run took has this period, of which this second is one. */
  notePeriod(seconds: number, period: Uint8Array): void;
  /** Memory for the next chunk, at most `sizeBytes` of it. What lies there is taken without a copy. Valid until the next call. */
  buffer(sizeBytes: number): Uint8Array;
  /** The chunk, or as much of its beginning as has room, where takeRun wants it. */
  place(chunk: Uint8Array): Uint8Array;
  /**
   * May take lines of a placed chunk from the line start `start` on, as long as they begin before `limit`, each as the grammar says; gives
   * the start of the first one not taken.
   */
  takeRun(chunk: Uint8Array, start: number, limit: number): number;
  /** One record of key bytes [start, end): the value is `large`, or the safe integer `number` where that is null. */
  add(bytes: Uint8Array, start: number, end: number, number: number, large: bigint | null): void;
  /** Everything so far, sorted by key bytes. Valid until the next call. */
  encoded(): EncodedEntries;
  /** Nothing is asked any more. */
  close(): void;
}
