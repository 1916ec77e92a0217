/** Entries as bytes: each its key's length, the key, the sum and the count. Sorted and unique, so that the same ones give the same bytes. */
import { compareBytes } from './byte-order';
import { ByteReader, unusable } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { INT128_MAX, INT128_MIN } from './limits';
import type { TotalsEntry } from './partial';

/** "TLE" and the version: a contribution. */
const ENTRIES_MAGIC = Uint8Array.of(0x54, 0x4c, 0x45, 1);
export const NOT_IN_ORDER = 'has keys that are not in order';

/** Entries in the form that a partial has them in, without their number. */
export interface EncodedEntries {
  readonly count: number;
  readonly sizeBytes: number;
  /** What the longest of the sums takes, where it is known without looking at all of them. */
  readonly longestSumBytes?: number;
  /** All of them, in pieces of whole entries, each valid until the next. */
  pieces(): Iterable<Uint8Array>;
}

export const NO_ENTRIES: EncodedEntries = { count: 0, sizeBytes: 0, pieces: () => [] };

/** `entries` must be sorted by key and unique. */
export function encodeEach(entries: Iterable<TotalsEntry>): EncodedEntries {
  const writer = new ByteWriter();
  let count = 0;
  for (const entry of entries) {
    writeEntry(writer, entry);
    count++;
  }
  const bytes = writer.toBytes();
  return { count, sizeBytes: bytes.length, pieces: () => [bytes] };
}

/** Sorted and unique entries, encoded in pieces of whole entries of about this size, so that millions need no memory but one piece. */
export function* encodeInPieces(entries: Iterable<TotalsEntry>, pieceBytes: number): Generator<Uint8Array, void> {
  let writer = new ByteWriter();
  for (const entry of entries) {
    writeEntry(writer, entry);
    if (writer.toBytes().length < pieceBytes) continue;
    yield writer.toBytes();
    writer = new ByteWriter();
  }
  yield writer.toBytes();
}

/**
 * Encoded entries with nothing before them: those that begin before `limit`. Returns where the next one begins. Throws
 * checkpoint_unusable when it comes to what is wrong.
 */
export function* iterateEncoded(bytes: Uint8Array, limit = bytes.length): Generator<TotalsEntry, number> {
  const reader = new ByteReader(bytes);
  let previous: Uint8Array | undefined;
  while (reader.position < limit) {
    const entry = readEntry(reader, previous);
    previous = entry.key;
    yield entry;
  }
  return reader.position;
}

/** Entries as a contribution, one by one, sorted by key and unique: none is kept, so that the garbage collector has nothing to carry. */
export class EntriesWriter {
  count = 0;
  private readonly body = new ByteWriter();

  add(entry: TotalsEntry): void {
    writeEntry(this.body, entry);
    this.count += 1;
  }

  /** A copy. */
  toBytes(): Uint8Array {
    return joinEntries(this.count, this.body.toBytes());
  }
}

/** A contribution of as many entries that are encoded already, sorted by key and unique. */
export function joinEntries(count: number, entries: Uint8Array): Uint8Array {
  const start = new ByteWriter();
  start.bytes(ENTRIES_MAGIC);
  start.number(count);
  const head = start.toBytes();
  const bytes = new Uint8Array(head.length + entries.length);
  bytes.set(head);
  bytes.set(entries, head.length);
  return bytes;
}

/** Throws checkpoint_unusable for bytes that EntriesWriter does not give. */
export function decodeEntries(bytes: Uint8Array): TotalsEntry[] {
  return [...iterateEntries(bytes)];
}

/** One entry at a time, so that millions need no memory but the bytes. Throws checkpoint_unusable when it comes to what is wrong. */
export function* iterateEntries(bytes: Uint8Array): Generator<TotalsEntry, void> {
  const reader = new ByteReader(bytes);
  reader.expect(ENTRIES_MAGIC, 'contribution');
  yield* readEntries(reader);
  reader.expectEnd();
}

function writeEntry(writer: ByteWriter, { key, sum, count }: TotalsEntry): void {
  writer.number(key.length);
  writer.bytes(key);
  writer.signedBigint(sum);
  writer.bigint(count);
}

export function* readEntries(reader: ByteReader): Generator<TotalsEntry, void> {
  let previous: Uint8Array | undefined;
  for (let remaining = reader.number(); remaining > 0; remaining--) {
    const entry = readEntry(reader, previous);
    previous = entry.key;
    yield entry;
  }
}

function readEntry(reader: ByteReader, previous: Uint8Array | undefined): TotalsEntry {
  const key = reader.bytes(reader.number());
  if (previous !== undefined && compareBytes(previous, key) >= 0) throw unusable(NOT_IN_ORDER);
  const entry = { key, sum: reader.signedBigint(), count: reader.bigint() };
  requireSum(entry.sum);
  return entry;
}

export function requireSum(sum: bigint): void {
  if (sum > INT128_MAX || sum < INT128_MIN) throw unusable('has a sum out of range');
}
