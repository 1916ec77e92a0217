/**
 * Partials, checkpoints and contributions as bytes. The same content always gives the same bytes, so their digest identifies it.
 * Layout: magic with a version; for a partial the accounting, then the block digests; then the entries in order of their keys.
 */
import { compareBytes } from './byte-order';
import { ByteReader, unusable } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { BLOCK_DIGEST_BYTES, INT128_MAX, INT128_MIN, REJECT_SAMPLES_PER_REASON_MAX, REJECT_SAMPLE_BYTES_MAX } from './limits';
import type { SplitAccounting, SplitPartial, TotalsEntry } from './partial';
import { REJECT_REASONS } from './reject';
import type { RejectReason, RejectSample, RejectSummary } from './reject';

/** "TLP", "TLE" and the version. A partial of version 2 is one of a file that is decompressed, and says what its plain bytes are. */
const PARTIAL_MAGIC = Uint8Array.of(0x54, 0x4c, 0x50);
const PARTIAL_VERSION = 1;
const PARTIAL_VERSION_DECOMPRESSED = 2;
const ENTRIES_MAGIC = Uint8Array.of(0x54, 0x4c, 0x45, 1);
const HAS_FIRST_OFFSET = 1;
const HAS_BOM = 2;
const IS_UNTERMINATED = 4;

export type PartialHeader = Pick<SplitPartial, 'accounting' | 'plain' | 'blockDigests'>;

export function encodePartial(partial: SplitPartial): Uint8Array {
  const writer = new ByteWriter();
  const { plain } = partial;
  writer.bytes(PARTIAL_MAGIC);
  writer.byte(plain ? PARTIAL_VERSION_DECOMPRESSED : PARTIAL_VERSION);
  writeAccounting(writer, partial.accounting);
  if (plain) {
    writer.number(plain.bytes);
    writer.bytes(plain.digest);
  }
  writer.number(partial.blockDigests.length);
  writer.bytes(partial.blockDigests);
  writeEntries(writer, partial.entries);
  return writer.toBytes().slice();
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

/** `entries` must be sorted by key and unique. */
export function encodeEntries(entries: readonly TotalsEntry[]): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(ENTRIES_MAGIC);
  writeEntries(writer, entries);
  return writer.toBytes().slice();
}

/** Throws checkpoint_unusable for bytes that encodeEntries does not give. */
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

/** The entries of a partial, one at a time. Throws checkpoint_unusable when it comes to what is wrong. */
export function* iteratePartialEntries(bytes: Uint8Array): Generator<TotalsEntry, void> {
  const reader = new ByteReader(bytes);
  readHeader(reader);
  yield* readEntries(reader);
  reader.expectEnd();
}

function readHeader(reader: ByteReader): PartialHeader {
  reader.expect(PARTIAL_MAGIC, 'partial');
  const version = reader.byte();
  if (version !== PARTIAL_VERSION && version !== PARTIAL_VERSION_DECOMPRESSED) throw unusable(`is a partial of version ${version}`);
  const accounting = readAccounting(reader);
  const plain = version === PARTIAL_VERSION ? {} : { plain: { bytes: reader.number(), digest: reader.bytes(BLOCK_DIGEST_BYTES) } };
  return { accounting, ...plain, blockDigests: reader.bytes(reader.number()) };
}

function writeAccounting(writer: ByteWriter, accounting: SplitAccounting): void {
  const { firstOffset, bomBytes, unterminatedLastLine, nextOffset, lines, records, blanks, rejects } = accounting;
  writer.byte(
    (firstOffset === null ? 0 : HAS_FIRST_OFFSET) | (bomBytes === 0 ? 0 : HAS_BOM) | (unterminatedLastLine ? IS_UNTERMINATED : 0),
  );
  if (firstOffset !== null) writer.number(firstOffset);
  for (const value of [nextOffset, lines, records, blanks]) writer.number(value);
  for (const reason of REJECT_REASONS) {
    const { count, samples } = rejects[reason] ?? { count: 0, samples: [] };
    writer.number(count);
    if (count > 0) writeSamples(writer, samples);
  }
}

function readAccounting(reader: ByteReader): SplitAccounting {
  const flags = reader.byte();
  if (flags > (HAS_FIRST_OFFSET | HAS_BOM | IS_UNTERMINATED)) throw unusable('has an unknown flag');
  const firstOffset = (flags & HAS_FIRST_OFFSET) === 0 ? null : reader.number();
  const [nextOffset, lines, records, blanks] = [reader.number(), reader.number(), reader.number(), reader.number()];
  const rejects: Partial<Record<RejectReason, RejectSummary[RejectReason]>> = {};
  let rejected = 0;
  for (const reason of REJECT_REASONS) {
    const count = reader.number();
    if (count > 0) rejects[reason] = { count, samples: readSamples(reader) };
    rejected += count;
  }
  if (lines !== records + blanks + rejected) throw unusable('has more or fewer lines than it accounts for');
  const bomBytes = (flags & HAS_BOM) === 0 ? 0 : 3;
  return {
    firstOffset,
    nextOffset,
    bomBytes,
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

function writeEntries(writer: ByteWriter, entries: readonly TotalsEntry[]): void {
  writer.number(entries.length);
  for (const { key, sum, count } of entries) {
    writer.number(key.length);
    writer.bytes(key);
    writer.signedBigint(sum);
    writer.bigint(count);
  }
}

function* readEntries(reader: ByteReader): Generator<TotalsEntry, void> {
  let previous: Uint8Array | undefined;
  for (let remaining = reader.number(); remaining > 0; remaining--) {
    const key = reader.bytes(reader.number());
    if (previous !== undefined && compareBytes(previous, key) >= 0) throw unusable('has keys that are not in order');
    const entry = { key, sum: reader.signedBigint(), count: reader.bigint() };
    if (entry.sum > INT128_MAX || entry.sum < INT128_MIN) throw unusable('has a sum out of range');
    yield entry;
    previous = key;
  }
}
