/**
 * Partials, checkpoints and contributions as bytes. The same content always gives the same bytes, so their digest identifies it.
 * Layout: magic with a version; for a partial the accounting, then the block digests; then the entries in order of their keys.
 */
import { ByteReader, unusable } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { encodeEach, readEntries } from './entry-codec';
import type { EncodedEntries } from './entry-codec';
import { EntryCursor } from './entry-cursor';
import { BLOCK_DIGEST_BYTES, REJECT_SAMPLES_PER_REASON_MAX, REJECT_SAMPLE_BYTES_MAX } from './limits';
import type { SplitAccounting, SplitPartial, TotalsEntry } from './partial';
import { REJECT_REASONS } from './reject';
import type { RejectReason, RejectSample, RejectSummary } from './reject';

/**
 * "TLP", "TLE" and the version, which is the lowest that can say it. A partial of version 2 is one of a file that is decompressed, and
 * says what its plain bytes are. One of version 3 has a header line, or rejects for a reason that grammar version 3 brought; it may have plain bytes.
 */
const PARTIAL_MAGIC = Uint8Array.of(0x54, 0x4c, 0x50);
const PARTIAL_VERSION = 1;
const PARTIAL_VERSION_DECOMPRESSED = 2;
const PARTIAL_VERSION_3 = 3;
const NEW_IN_VERSION_3: readonly RejectReason[] = ['quote_syntax', 'timestamp_syntax', 'timestamp_range'];
const REASONS_BEFORE_3 = REJECT_REASONS.filter((reason) => !NEW_IN_VERSION_3.includes(reason));
const HAS_FIRST_OFFSET = 1;
const HAS_BOM = 2;
const IS_UNTERMINATED = 4;
const HAS_PLAIN = 8;
const HAS_HEADER = 16;
const FLAGS_BEFORE_3 = HAS_FIRST_OFFSET | HAS_BOM | IS_UNTERMINATED;
const FLAGS = FLAGS_BEFORE_3 | HAS_PLAIN | HAS_HEADER;

export type PartialHeader = Pick<SplitPartial, 'accounting' | 'plain' | 'blockDigests'>;

/** The encoded entries of an encoded partial, in the same memory. Throws checkpoint_unusable. */
export function encodedEntriesOf(partial: Uint8Array): Uint8Array {
  return splitPartial(partial).entries;
}

/** The same, with how many it says that they are. */
export function splitPartial(partial: Uint8Array): { readonly count: number; readonly entries: Uint8Array } {
  const reader = new ByteReader(partial);
  readHeader(reader);
  return { count: reader.number(), entries: reader.rest() };
}

export function encodePartial(partial: SplitPartial): Uint8Array {
  return joinPartial(partial, encodeEach(partial.entries));
}

/** The same for entries that are encoded already. */
export function joinPartial(header: PartialHeader, entries: EncodedEntries): Uint8Array {
  const { plain, accounting, blockDigests } = header;
  const writer = new ByteWriter();
  const version = versionOf(header);
  writer.bytes(PARTIAL_MAGIC);
  writer.byte(version);
  writer.byte(flagsOf(accounting) | (plain && version === PARTIAL_VERSION_3 ? HAS_PLAIN : 0));
  writeAccounting(writer, accounting, reasonsOf(version));
  if (plain) {
    writer.number(plain.bytes);
    writer.bytes(plain.digest);
  }
  writer.number(blockDigests.length);
  writer.bytes(blockDigests);
  writer.number(entries.count);
  const start = writer.toBytes();
  const bytes = new Uint8Array(start.length + entries.sizeBytes);
  bytes.set(start);
  let offset = start.length;
  for (const piece of entries.pieces()) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** Throws checkpoint_unusable for bytes that encodePartial does not give. */
export function decodePartial(bytes: Uint8Array): SplitPartial {
  const reader = new ByteReader(bytes);
  const header = readHeader(reader);
  const entries = [...readEntries(reader)];
  reader.expectEnd();
  return { ...header, entries };
}

/** Reads no further than the header. Throws checkpoint_unusable. */
export function decodePartialHeader(bytes: Uint8Array): PartialHeader {
  return readHeader(new ByteReader(bytes));
}

/** The entries of a partial, one at a time. Throws checkpoint_unusable when it comes to what is wrong. */
export function* iteratePartialEntries(bytes: Uint8Array): Generator<TotalsEntry, void> {
  const reader = new ByteReader(bytes);
  readHeader(reader);
  yield* readEntries(reader);
  reader.expectEnd();
}

/** How many entries a partial has that iteratePartialEntries reads to its end; where that throws, this does. */
export function countPartialEntries(bytes: Uint8Array): number {
  const { count, entries } = splitPartial(bytes);
  const cursor = new EntryCursor(entries);
  let found = 0;
  while (cursor.next()) found++;
  if (found !== count) throw unusable(`has ${found} entries in place of ${count}`);
  return count;
}

function versionOf({ accounting, plain }: PartialHeader): number {
  const { headerBytes = 0, rejects } = accounting;
  if (headerBytes > 0 || NEW_IN_VERSION_3.some((reason) => rejects[reason] !== undefined)) return PARTIAL_VERSION_3;
  return plain ? PARTIAL_VERSION_DECOMPRESSED : PARTIAL_VERSION;
}

function reasonsOf(version: number): readonly RejectReason[] {
  return version < PARTIAL_VERSION_3 ? REASONS_BEFORE_3 : REJECT_REASONS;
}

function flagsOf({ firstOffset, bomBytes, unterminatedLastLine, headerBytes = 0 }: SplitAccounting): number {
  return (
    (firstOffset === null ? 0 : HAS_FIRST_OFFSET) |
    (bomBytes === 0 ? 0 : HAS_BOM) |
    (unterminatedLastLine ? IS_UNTERMINATED : 0) |
    (headerBytes === 0 ? 0 : HAS_HEADER)
  );
}

function readHeader(reader: ByteReader): PartialHeader {
  reader.expect(PARTIAL_MAGIC, 'partial');
  const version = reader.byte();
  if (version < PARTIAL_VERSION || version > PARTIAL_VERSION_3) throw unusable(`is a partial of version ${version}`);
  const flags = reader.byte();
  if (flags > (version < PARTIAL_VERSION_3 ? FLAGS_BEFORE_3 : FLAGS)) throw unusable('has an unknown flag');
  const accounting = readAccounting(reader, flags, reasonsOf(version));
  const hasPlain = version === PARTIAL_VERSION_DECOMPRESSED || (flags & HAS_PLAIN) !== 0;
  const plain = hasPlain ? { plain: { bytes: reader.number(), digest: reader.bytes(BLOCK_DIGEST_BYTES) } } : {};
  const header = { accounting, ...plain, blockDigests: reader.bytes(reader.number()) };
  // The same content has one form only.
  if (versionOf(header) !== version || flagsOf(accounting) !== (flags & ~HAS_PLAIN)) throw unusable(`needs no version ${version}`);
  return header;
}

function writeAccounting(writer: ByteWriter, accounting: SplitAccounting, reasons: readonly RejectReason[]): void {
  const { firstOffset, headerBytes = 0, nextOffset, lines, records, blanks, rejects } = accounting;
  if (firstOffset !== null) writer.number(firstOffset);
  if (headerBytes > 0) writer.number(headerBytes);
  for (const value of [nextOffset, lines, records, blanks]) writer.number(value);
  for (const reason of reasons) {
    const { count, samples } = rejects[reason] ?? { count: 0, samples: [] };
    writer.number(count);
    if (count > 0) writeSamples(writer, samples);
  }
}

function readAccounting(reader: ByteReader, flags: number, reasons: readonly RejectReason[]): SplitAccounting {
  const firstOffset = (flags & HAS_FIRST_OFFSET) === 0 ? null : reader.number();
  const headerBytes = (flags & HAS_HEADER) === 0 ? {} : { headerBytes: reader.number() };
  const [nextOffset, lines, records, blanks] = [reader.number(), reader.number(), reader.number(), reader.number()];
  const rejects: Partial<Record<RejectReason, RejectSummary[RejectReason]>> = {};
  let rejected = 0;
  for (const reason of reasons) {
    const count = reader.number();
    if (count > 0) rejects[reason] = { count, samples: readSamples(reader) };
    rejected += count;
  }
  if (lines !== records + blanks + rejected) throw unusable('has more or fewer lines than it accounts for');
  return {
    firstOffset,
    nextOffset,
    bomBytes: (flags & HAS_BOM) === 0 ? 0 : 3,
    ...headerBytes,
    lines,
    records,
    blanks,
    rejects: rejects as RejectSummary,
    unterminatedLastLine: (flags & IS_UNTERMINATED) !== 0,
  };
}

function writeSamples(writer: ByteWriter, samples: readonly RejectSample[]): void {
  writer.number(samples.length);
  for (const { offset, bytes } of samples) {
    writer.number(offset);
    writer.number(bytes.length);
    writer.bytes(bytes);
  }
}

function readSamples(reader: ByteReader): RejectSample[] {
  const length = reader.number();
  if (length > REJECT_SAMPLES_PER_REASON_MAX) throw unusable('has too many samples');
  return Array.from({ length }, () => {
    const offset = reader.number();
    const sizeBytes = reader.number();
    if (sizeBytes > REJECT_SAMPLE_BYTES_MAX) throw unusable('has a sample that is too long');
    return { offset, bytes: reader.bytes(sizeBytes) };
  });
}
