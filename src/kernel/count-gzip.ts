/**
 * Counts a compressed file, which is one split: reads all its stored bytes, in every attempt, since nobody can begin in the middle.
 * What a checkpoint accounts for is decompressed again and passed over, after it was proven to be the same.
 */
import { BlockDigester } from '../core/block-digester';
import { compareBytes } from '../core/byte-order';
import { unusable } from '../core/byte-reader';
import type { Compression } from '../core/compression';
import { isContentFault } from '../core/content-fault';
import type { SplitCounter } from '../core/counter';
import { TallylineFailure } from '../core/failures';
import { DIGEST_BLOCK_BYTES } from '../core/limits';
import type { PlainBytes } from '../core/partial';
import type { PartialHeader } from '../core/partial-codec';
import { recordPeriodOf } from '../core/plan';
import { CheckpointTimer } from './checkpoint-timer';
import { chooseCounter } from './choose-counter';
import { chunkBytes, type CountedPartial, type CountSplitOptions } from './count-options';
import { createBlockHasher } from './digest';
import { PlainDigester } from './plain-digester';
import { gunzip } from './gunzip';
import { ReadPace } from './read-pace';
import { StoredBytes } from './stored-bytes';

/** Throws as countSplit does, and compressed_damaged and compressed_too_large. */
export async function countGzip(options: CountSplitOptions, compression: Compression): Promise<CountedPartial> {
  const { sizeBytes } = options.plan;
  const whole = { startOffset: 0, endOffset: sizeBytes };
  const blocks = new BlockDigester({ split: whole, sizeBytes, blockBytes: DIGEST_BLOCK_BYTES, createHasher: createBlockHasher });
  const count = new PlainCount(options, compression);
  try {
    await readAll(options, blocks, count);
    const blockDigests = blocks.snapshot();
    return { blob: count.encode(blockDigests), header: count.header(blockDigests), readBytes: sizeBytes };
  } finally {
    count.close();
  }
}

async function readAll(options: CountSplitOptions, blocks: BlockDigester, count: PlainCount): Promise<void> {
  const { source, plan, signal, readBytesPerSecond, isDigested = true, now = () => performance.now() } = options;
  const checkpoints = new CheckpointTimer(options, count, now);
  const pace = new ReadPace(readBytesPerSecond, now);
  const onRead = async (chunk: Uint8Array, offset: number): Promise<void> => {
    signal.throwIfAborted();
    if (isDigested) blocks.push(chunk, offset);
    options.onRead?.(chunk.length);
    // A stream may hold next to nothing for a long time.
    checkpoints.afterRead(0);
    await pace.afterRead(chunk.length, signal);
  };
  await source.verify();
  const stored = new StoredBytes({ source, sizeBytes: plan.sizeBytes, chunkBytes: chunkBytes(options), onRead });
  try {
    for await (const plain of gunzip(stored)) {
      signal.throwIfAborted();
      count.push(plain);
      checkpoints.afterRead(plain.length);
    }
    count.end();
  } catch (error) {
    await stored.end();
    // A file that changes while it is read looks damaged, too.
    if (isContentFault(error)) await source.verify();
    throw error;
  }
  await source.verify();
}

/** The count of the plain bytes, all of which are pushed, also those before the checkpoint that it goes on from. */
class PlainCount {
  private readonly plain: PlainDigester;
  private readonly counter: SplitCounter;
  private readonly resumeOffset: number;
  /** What the checkpoint was counted from, until it was seen again. */
  private unproven: PlainBytes | null;

  constructor(
    options: CountSplitOptions,
    private readonly compression: Compression,
  ) {
    const { plan, resume, isDigested, createCounter = chooseCounter() } = options;
    this.plain = new PlainDigester(isDigested);
    if (resume && (resume.plain === undefined || resume.plain.bytes < resume.accounting.nextOffset))
      throw unusable('is not of a file that is decompressed');
    this.unproven = resume?.plain ?? null;
    const recordPeriod = recordPeriodOf(plan);
    this.counter = createCounter({
      format: plan.format,
      ...(recordPeriod && { recordPeriod }),
      sizeBytes: Infinity,
      split: { startOffset: 0, endOffset: Infinity },
      createHasher: null,
      ...(resume && { resume }),
    });
    this.resumeOffset = this.counter.nextOffset;
  }

  get isComplete(): boolean {
    return this.counter.isComplete;
  }

  /** No further than the checkpoint before it is proven: a new one would take over what is wrong in it. */
  get nextOffset(): number {
    return this.unproven ? this.resumeOffset : this.counter.nextOffset;
  }

  push(chunk: Uint8Array): void {
    const { bytes } = this.plain;
    const endOffset = bytes + chunk.length;
    this.requireWithin(endOffset);
    const provenBytes = this.unproven === null || endOffset < this.unproven.bytes ? 0 : this.unproven.bytes - bytes;
    this.plain.push(chunk.subarray(0, provenBytes));
    if (provenBytes > 0) this.prove();
    this.plain.push(chunk.subarray(provenBytes));
    const { readOffset } = this.counter;
    if (readOffset < endOffset) this.counter.push(chunk.subarray(readOffset - bytes));
  }

  end(): void {
    if (this.unproven) throw unusable(`covers ${this.unproven.bytes} plain bytes, and the file has ${this.plain.bytes}`);
    this.counter.end();
  }

  /** Without digests of blocks no checkpoint can be taken for a whole count. */
  encode(blockDigests: Uint8Array = new Uint8Array()): Uint8Array {
    return this.counter.encode({ plain: this.plain.snapshot(), blockDigests });
  }

  header(blockDigests: Uint8Array): PartialHeader {
    return { ...this.counter.header(), plain: this.plain.snapshot(), blockDigests };
  }

  close(): void {
    this.counter.close();
  }

  private requireWithin(endOffset: number): void {
    const { plainBytesMax } = this.compression;
    if (endOffset > plainBytesMax)
      throw new TallylineFailure('compressed_too_large', `the file holds more than ${plainBytesMax} bytes once it is decompressed`);
  }

  private prove(): void {
    const isSame = this.unproven !== null && compareBytes(this.plain.snapshot().digest, this.unproven.digest) === 0;
    if (!isSame) throw unusable('was made from other bytes than the file has now');
    this.unproven = null;
  }
}
