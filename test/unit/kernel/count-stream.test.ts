import { gzipSync } from 'node:zlib';

import { DEFAULT_CSV_FORMAT, DEFAULT_FORMAT, type Format } from '../../../src/core/format';
import { iterateEncoded } from '../../../src/core/entry-codec';
import { countStream } from '../../../src/kernel/count-stream';

/** What comes through a pipe, at most `readBytesMax` at once. */
function pipe(bytes: Uint8Array, readBytesMax: number) {
  let offset = 0;
  return {
    read: async (_offset: number, target: Uint8Array): Promise<number> => {
      const part = bytes.subarray(offset, offset + Math.min(readBytesMax, target.length));
      target.set(part);
      offset += part.length;
      return part.length;
    },
  };
}

async function count(bytes: Uint8Array, format: Format = DEFAULT_FORMAT, readBytesMax = 7) {
  const counted = await countStream({ source: pipe(bytes, readBytesMax), format, maybeGzip: true, isDigested: true });
  const totals = [...iterateEncoded(counted.entries)].map(
    ({ key, sum, count: records }) => `${Buffer.from(key).toString()} ${sum} ${records}`,
  );
  return { ...counted, totals };
}

test.each([1, 7, 1 << 20])('text comes to its totals, %d bytes at a time', async (readBytesMax) => {
  const text = Buffer.from('a 1\nb 2\n\na 3\nx\nb 4');
  const { totals, header, isGzip, storedBytes } = await count(text, DEFAULT_FORMAT, readBytesMax);
  expect(totals).toEqual(['a 4 2', 'b 6 2']);
  expect(header.accounting).toMatchObject({ lines: 6, records: 4, blanks: 1, unterminatedLastLine: true });
  expect([isGzip, storedBytes, header.plain?.bytes]).toEqual([false, text.length, text.length]);
});

test.each([1, 7])('gzip is known by how it begins, and its members follow each other, %d bytes at a time', async (readBytesMax) => {
  const stored = Buffer.concat([gzipSync('a 1\nb'), gzipSync(' 2\n')]);
  const { totals, isGzip, storedBytes, header } = await count(stored, DEFAULT_FORMAT, readBytesMax);
  expect(totals).toEqual(['a 1 1', 'b 2 1']);
  expect([isGzip, storedBytes, header.plain?.bytes]).toEqual([true, stored.length, 8]);
  await expect(count(stored.subarray(0, -3))).rejects.toMatchObject({ code: 'compressed_damaged' });
});

test('records of CSV may span lines', async () => {
  const format = { ...DEFAULT_CSV_FORMAT, keyColumns: ['k'], valueColumn: 'v', spansLines: true } as const;
  const { totals, header } = await count(Buffer.from('k,note,v\na,"x\ny",1\na,z,2\n'), format);
  expect(totals).toEqual(['a 3 2']);
  expect(header.accounting.headerBytes).toBe(9);
});

test('nothing is no record', async () => {
  const { totals, header } = await count(new Uint8Array());
  expect([totals, header.accounting.lines]).toEqual([[], 0]);
});
