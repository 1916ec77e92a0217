/** Counts bytes of which nobody knows how many come, from a pipe: text, or gzip, which its first two bytes tell. One split, no checkpoints. */
import type { SplitCounter } from '../core/counter';
import { CHUNK_BYTES } from '../core/limits';
import type { Format } from '../core/format';
import { encodedEntriesOf, type PartialHeader } from '../core/partial-codec';
import type { RecordPeriod } from '../core/record-period';
import type { OpenFile } from '../sources/source';
import { chooseCounter } from './choose-counter';
import { gunzip } from './gunzip';
import { PlainDigester } from './plain-digester';
import { StoredBytes } from './stored-bytes';

export interface StreamOptions {
  /** A read of nothing is the end. */
  readonly source: Pick<OpenFile, 'read'>;
  readonly format: Format;
  readonly recordPeriod?: RecordPeriod | undefined;
  /** False: whatever comes is text. */
  readonly maybeGzip: boolean;
  /** False: the digests are of nothing. */
  readonly isDigested: boolean;
}

export interface CountedStream {
  /** `plain` is that of the bytes that were counted. */
  readonly header: PartialHeader;
  readonly entries: Uint8Array;
  readonly isGzip: boolean;
  readonly storedBytes: number;
  /** As a content digest. */
  readonly storedDigest: Uint8Array;
}

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** Throws as countSplit does, and compressed_damaged. */
export async function countStream({ source, format, recordPeriod, maybeGzip, isDigested }: StreamOptions): Promise<CountedStream> {
  const storedDigester = new PlainDigester(isDigested);
  const plainDigester = new PlainDigester(isDigested);
  const onRead = async (chunk: Uint8Array): Promise<void> => storedDigester.push(chunk);
  const stored = new StoredBytes({
    source: { read: (offset, target) => readFrom(source, offset, target) },
    sizeBytes: Infinity,
    chunkBytes: CHUNK_BYTES,
    onRead,
  });
  const split = { startOffset: 0, endOffset: Infinity };
  const counter = chooseCounter()({ format, ...(recordPeriod && { recordPeriod }), sizeBytes: Infinity, split, createHasher: null });
  try {
    const first = await stored.peek();
    const isGzip = maybeGzip && GZIP_MAGIC.every((byte, index) => first[index] === byte);
    const chunks = isGzip ? gunzip(stored) : textOf(stored);
    for await (const chunk of chunks) pushAll(counter, chunk, plainDigester);
    counter.end();
    const { bytes: storedBytes, digest: storedDigest } = storedDigester.snapshot();
    const header = { ...counter.header(), plain: plainDigester.snapshot() };
    return { header, entries: encodedEntriesOf(counter.encode()), isGzip, storedBytes, storedDigest };
  } finally {
    counter.close();
  }
}

/** The first read gives as many bytes as tell gzip, if there are so many: a pipe may give one alone. */
async function readFrom(source: StreamOptions['source'], offset: number, target: Uint8Array): Promise<number> {
  const length = await source.read(offset, target);
  if (offset > 0 || length !== 1) return length;
  return length + (await source.read(length, target.subarray(length)));
}

/** A counter may need less than all of it, as of a header that it has read already. */
function pushAll(counter: SplitCounter, chunk: Uint8Array, digester: PlainDigester): void {
  const { bytes } = digester;
  digester.push(chunk);
  if (counter.readOffset < bytes + chunk.length) counter.push(chunk.subarray(counter.readOffset - bytes));
}

async function* textOf(stored: StoredBytes): AsyncGenerator<Uint8Array, void> {
  for (let chunk = await stored.peek(); chunk.length > 0; chunk = await stored.peek()) {
    yield chunk;
    stored.take(chunk.length);
  }
}
