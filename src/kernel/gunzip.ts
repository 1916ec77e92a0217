/**
 * The plain bytes of a gzip file (RFC 1952): every member, each proven by its checksum and its size.
 * The members are told apart here and not by the platform's gunzip, which ends in silence at a zero byte between two of them.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import type { InflateRaw, ZlibOptions } from 'node:zlib';
import type { TransformOptions } from 'node:stream';

import { TallylineFailure } from '../core/failures';
import { PLAIN_AHEAD_BYTES_MAX, PLAIN_CHUNK_BYTES } from '../core/limits';
import type { StoredBytes } from './stored-bytes';

const MAGIC = [0x1f, 0x8b] as const;
const DEFLATE = 8;
const HAS_HEADER_CHECKSUM = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;
const RESERVED_FLAGS = 0xe0;
/** Modification time, extra flags and operating system: they say nothing about the content. */
const IGNORED_HEADER_BYTES = 6;

/** Throws compressed_damaged for anything but whole members from the first stored byte to the last. What was given before is void then. */
export async function* gunzip(stored: StoredBytes): AsyncGenerator<Uint8Array, void> {
  for (let number = 1; ; number += 1) {
    const member = new Member(stored, number);
    await member.readHeader();
    yield* member.inflate();
    await member.checkTrailer();
    if ((await stored.peek()).length === 0) return;
  }
}

class Member {
  private readonly startOffset: number;
  private headerChecksum = 0;
  private plainChecksum = 0;
  private plainBytes = 0;

  constructor(
    private readonly stored: StoredBytes,
    private readonly number: number,
  ) {
    this.startOffset = stored.offset;
  }

  async readHeader(): Promise<void> {
    for (const magic of MAGIC) if ((await this.headerByte()) !== magic) throw this.noMember();
    const method = await this.headerByte();
    if (method !== DEFLATE) throw this.damaged(`has the unknown method ${method}`);
    const flags = await this.headerByte();
    if ((flags & RESERVED_FLAGS) !== 0) throw this.damaged(`has unknown flags (${flags})`);
    await this.skipHeaderBytes(IGNORED_HEADER_BYTES);
    if ((flags & HAS_EXTRA) !== 0) await this.skipHeaderBytes((await this.headerByte()) + (await this.headerByte()) * 0x100);
    if ((flags & HAS_NAME) !== 0) await this.skipHeaderText();
    if ((flags & HAS_COMMENT) !== 0) await this.skipHeaderText();
    if ((flags & HAS_HEADER_CHECKSUM) === 0) return;
    const computed = this.headerChecksum & 0xffff;
    if ((await this.number16()) !== computed) throw this.damaged('has a header with another checksum than it says');
  }

  async *inflate(): AsyncGenerator<Uint8Array, void> {
    // It is a transform stream and takes the options of one, which its types do not say.
    const options: ZlibOptions & TransformOptions = { chunkSize: PLAIN_CHUNK_BYTES, readableHighWaterMark: PLAIN_AHEAD_BYTES_MAX };
    const inflater = createInflateRaw(options);
    const feeding = this.feed(inflater).catch((error: unknown) => void inflater.destroy(error as Error));
    try {
      for await (const plain of inflater as AsyncIterable<Uint8Array>) {
        this.plainChecksum = crc32(plain, this.plainChecksum);
        this.plainBytes += plain.length;
        yield plain;
      }
    } catch (error) {
      throw this.judge(error);
    } finally {
      inflater.destroy();
      // Nothing is read any more when the caller closes the file.
      await feeding;
    }
  }

  async checkTrailer(): Promise<void> {
    const checksum = await this.number32();
    const sizeBytes = await this.number32();
    if (checksum !== this.plainChecksum) throw this.damaged('has a content with another checksum than it says');
    if (sizeBytes !== this.plainBytes % 2 ** 32) throw this.damaged('has a content of another size than it says');
  }

  /** One chunk after the other, until the inflater leaves some of one: that is what follows the compressed data. */
  private async feed(inflater: InflateRaw): Promise<void> {
    for (;;) {
      const chunk = await this.stored.peek();
      if (chunk.length === 0) return void inflater.end();
      const before = inflater.bytesWritten;
      await write(inflater, chunk);
      const taken = inflater.bytesWritten - before;
      this.stored.take(taken);
      if (taken < chunk.length) return;
    }
  }

  private judge(error: unknown): unknown {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
    if (code === 'Z_BUF_ERROR') return this.cut();
    return code === 'Z_DATA_ERROR' ? this.damaged('holds no valid compressed data') : error;
  }

  private async headerByte(): Promise<number> {
    const byte = await this.byte();
    this.headerChecksum = crc32(Uint8Array.of(byte), this.headerChecksum);
    return byte;
  }

  private async skipHeaderBytes(length: number): Promise<void> {
    for (let skipped = 0; skipped < length; skipped += 1) await this.headerByte();
  }

  /** Ends with a zero byte. */
  private async skipHeaderText(): Promise<void> {
    while ((await this.headerByte()) !== 0);
  }

  private async byte(): Promise<number> {
    const byte = await this.stored.takeByte();
    if (byte === null) throw this.cut();
    return byte;
  }

  private async number16(): Promise<number> {
    return (await this.byte()) + (await this.byte()) * 0x100;
  }

  private async number32(): Promise<number> {
    return (await this.number16()) + (await this.number16()) * 0x10000;
  }

  private noMember(): TallylineFailure {
    if (this.number === 1) return new TallylineFailure('compressed_damaged', 'the file does not begin as a gzip file does');
    const fact = `what follows member ${this.number - 1}, at stored byte ${this.startOffset}, is no other member`;
    return new TallylineFailure('compressed_damaged', fact);
  }

  private cut(): TallylineFailure {
    return this.damaged('is cut at the end of the file');
  }

  private damaged(how: string): TallylineFailure {
    return new TallylineFailure('compressed_damaged', `member ${this.number}, which begins at stored byte ${this.startOffset}, ${how}`);
  }
}

/** Resolves when the inflater took of the chunk what it wants, and when it was ended: then it calls nobody back. */
async function write(inflater: InflateRaw, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    inflater.once('close', resolve);
    inflater.write(chunk, () => {
      inflater.off('close', resolve);
      resolve();
    });
  });
}
