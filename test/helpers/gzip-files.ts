/** Gzip files made byte by byte, and read from memory. */
import { crc32, deflateRawSync } from 'node:zlib';
import { gunzip } from '../../src/kernel/gunzip';
import { StoredBytes } from '../../src/kernel/stored-bytes';
import type { OpenFile } from '../../src/sources/source';

export interface MemberOptions {
  readonly level?: number;
  readonly extra?: Uint8Array;
  readonly name?: string;
  readonly comment?: string;
  readonly hasHeaderChecksum?: boolean;
}

/** One member with the header fields that are asked for. */
export function gzipMember(plain: Uint8Array, { level = 6, extra, name, comment, hasHeaderChecksum = false }: MemberOptions = {}): Buffer {
  const flags = (hasHeaderChecksum ? 2 : 0) | (extra ? 4 : 0) | (name === undefined ? 0 : 8) | (comment === undefined ? 0 : 16);
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3]),
    ...(extra ? [littleEndian(extra.length, 2), extra] : []),
    ...[name, comment].flatMap((text) => (text === undefined ? [] : [Buffer.from(`${text}\0`, 'latin1')])),
  ]);
  const checksum = hasHeaderChecksum ? [littleEndian(crc32(header) & 0xffff, 2)] : [];
  const trailer = [littleEndian(crc32(plain), 4), littleEndian(plain.length % 2 ** 32, 4)];
  return Buffer.concat([header, ...checksum, deflateRawSync(plain, { level }), ...trailer]);
}

function littleEndian(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

/** Gives at most `readBytesMax` a read, and counts the bytes that it gave. */
export class MemoryFile implements OpenFile {
  givenBytes = 0;
  verified = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly readBytesMax: () => number = () => Infinity,
  ) {}

  async read(offset: number, target: Uint8Array): Promise<number> {
    const length = Math.min(target.length, this.readBytesMax(), this.bytes.length - offset);
    target.set(this.bytes.subarray(offset, offset + length));
    this.givenBytes += length;
    return length;
  }
  async verify(): Promise<void> {
    this.verified += 1;
  }
  async close(): Promise<void> {}
}

/** The plain bytes, in chunks of any size. Rejects as gunzip does. */
export async function gunzipAll(bytes: Uint8Array, chunkBytes: () => number = () => 65_536): Promise<Buffer> {
  const source = new MemoryFile(bytes, chunkBytes);
  const stored = new StoredBytes({ source, sizeBytes: bytes.length, chunkBytes: 65_536, onRead: async () => undefined });
  const chunks: Uint8Array[] = [];
  for await (const chunk of gunzip(stored)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
