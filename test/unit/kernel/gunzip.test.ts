import { gzipSync } from 'node:zlib';
import { isContentFault } from '../../../src/core/content-fault';
import { gunzip } from '../../../src/kernel/gunzip';
import { StoredBytes } from '../../../src/kernel/stored-bytes';
import { gunzipAll, gzipMember } from '../../helpers/gzip-files';

const first = Buffer.from('1 10\n2 20\n');
const second = Buffer.from('3 30\n');
const two = Buffer.concat([gzipMember(first, { name: 'first.txt', hasHeaderChecksum: true }), gzipMember(second)]);
const both = Buffer.concat([first, second]);

/** The fact of the failure, or what was read. */
async function verdict(bytes: Uint8Array): Promise<unknown> {
  return await gunzipAll(bytes).catch((error: unknown) => {
    if (!isContentFault(error)) throw error;
    return error.fact;
  });
}

test('all members are read, also empty ones and many small ones', async () => {
  const many = Array.from({ length: 300 }, (_, index) => Buffer.from(`${index} 1\n`));
  const members = [gzipMember(Buffer.alloc(0)), ...many.map((plain) => gzipMember(plain)), gzipMember(Buffer.alloc(0))];
  expect(await gunzipAll(Buffer.concat(members))).toEqual(Buffer.concat(many));
});

test('a member of many chunks is read whole', async () => {
  const plain = Buffer.from(Array.from({ length: 200_000 }, (_, index) => `${index} ${index * 7}\n`).join(''));
  expect((await gunzipAll(Buffer.concat([gzipSync(plain), gzipSync(plain)]))).equals(Buffer.concat([plain, plain]))).toBe(true);
});

test('every field that a header may have is passed over', async () => {
  const options = { extra: Buffer.alloc(70, 1), name: 'a name', comment: 'a comment', hasHeaderChecksum: true };
  expect(await gunzipAll(Buffer.concat([gzipMember(first, options), gzipMember(second, options)]), () => 1)).toEqual(both);
});

test.each([
  ['nothing', Buffer.alloc(0), /^member 1, .* is cut/],
  ['text', Buffer.from('123 12345\n'), /^the file does not begin as/],
  ['a zero byte after the last member', Buffer.concat([two, Buffer.alloc(1)]), /^what follows member 2, at stored byte \d+, is no other/],
  ['a block of zeros after the last member', Buffer.concat([two, Buffer.alloc(512)]), /^what follows member 2/],
  ['zeros between two members', Buffer.concat([two, Buffer.alloc(3), two]), /^what follows member 2/],
  ['garbage after the last member', Buffer.concat([two, Buffer.from('x')]), /^what follows member 2/],
  ['the beginning of another member', Buffer.concat([two, Buffer.from([0x1f, 0x8b])]), /^member 3, .* is cut/],
  ['another method', flip(two, 2, 1), /unknown method 9/],
  ['a reserved flag', flip(two, 3, 0x20), /unknown flags/],
  ['a header that does not fit its checksum', flip(two, 12, 1), /header with another checksum/],
  ['a content that does not fit its checksum', flip(gzipMember(first, { level: 0 }), 17, 1), /content with another checksum/],
  ['a checksum that does not fit', flip(two, two.length - 8, 1), /^member 2, .* content with another checksum/],
  ['a size that does not fit', flip(two, two.length - 1, 0x80), /^member 2, .* content of another size/],
])('%s is refused', async (_name, bytes, fact) => {
  expect(await verdict(bytes)).toMatch(fact);
});

test('a file that ends anywhere but after a member is refused', async () => {
  const ends = gzipMember(first, { name: 'first.txt', hasHeaderChecksum: true }).length;
  for (let length = 0; length < two.length; length += 1) {
    const found = await verdict(two.subarray(0, length));
    if (length === ends) expect(found).toEqual(first);
    else expect(typeof found).toBe('string');
  }
});

test('a bit that flips anywhere never changes what is read: it is refused, or says nothing about the content', async () => {
  let accepted = 0;
  for (let bit = 0; bit < two.length * 8; bit += 1) {
    const found = await verdict(flip(two, bit >> 3, 1 << (bit & 7)));
    if (typeof found === 'string') continue;
    expect(found).toEqual(both);
    accepted += 1;
  }
  // Of the second header, which has no checksum: text flag, time, extra flags, system; and what fills the last byte of the compressed data.
  expect(accepted).toBeGreaterThanOrEqual(49);
  expect(accepted).toBeLessThan(70);
});

test('a source that fails ends the reading with its failure', async () => {
  const outage = new Error('the source is away');
  const source = { read: () => Promise.reject(outage), verify: async () => undefined, close: async () => undefined };
  const read = async (): Promise<void> => {
    const stored = new StoredBytes({ source, sizeBytes: 9, chunkBytes: 9, onRead: async () => undefined });
    for await (const _ of gunzip(stored));
  };
  await expect(read()).rejects.toBe(outage);
});

function flip(bytes: Uint8Array, index: number, mask: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[index]! ^= mask;
  return flipped;
}
