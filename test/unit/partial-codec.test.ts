import { decodeEntries, EntriesWriter } from '../../src/core/entry-codec';
import { countPartialEntries, decodePartial, decodePartialHeader, encodePartial } from '../../src/core/partial-codec';
import type { SplitPartial, TotalsEntry } from '../../src/core/partial';
import { failureCode } from '../helpers/failure-code';

const partial: SplitPartial = {
  accounting: {
    firstOffset: 2 ** 53 - 20,
    nextOffset: 2 ** 53 - 1,
    bomBytes: 3,
    lines: 9,
    records: 5,
    blanks: 1,
    rejects: {
      line_too_long: { count: 2, samples: [{ offset: 2 ** 53 - 10, bytes: new Uint8Array(256) }] },
      value_range: { count: 1, samples: [] },
    },
    unterminatedLastLine: true,
  },
  entries: [
    { key: Uint8Array.of(), sum: -(2n ** 127n), count: 1n },
    { key: Uint8Array.of(0), sum: 2n ** 127n - 1n, count: 2n ** 60n },
    { key: Uint8Array.of(0, 1), sum: -1n, count: 2n ** 53n - 1n },
    { key: Uint8Array.of(1), sum: 0n, count: 2n ** 53n },
  ],
  blockDigests: new Uint8Array(64).fill(7),
};

function encodeEntries(entries: readonly TotalsEntry[]): Uint8Array {
  const writer = new EntriesWriter();
  for (const entry of entries) writer.add(entry);
  return writer.toBytes();
}

test('a partial survives, from any kind of byte array', () => {
  expect(decodePartial(encodePartial(partial))).toEqual(partial);
  expect(decodePartial(Buffer.from(encodePartial(partial)))).toEqual(partial);
});

test('entries are counted where they can be read, and refused where they cannot', () => {
  const bytes = encodePartial(partial);
  expect(countPartialEntries(bytes)).toBe(4);
  expect(countPartialEntries(encodePartial({ ...partial, entries: [] }))).toBe(0);
  for (const key of [Uint8Array.of(0), Uint8Array.of(0, 1), Uint8Array.of()]) {
    const entries = [...partial.entries, { key, sum: 1n, count: 1n }];
    expect(failureCode(() => countPartialEntries(encodePartial({ ...partial, entries })))).toBe('checkpoint_unusable');
  }
  for (let index = 0; index < bytes.length; index += 1) {
    for (const change of [1, 0x80, 0xff]) {
      const damaged = Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ change : byte));
      const readAs = failureCode(() => decodePartial(damaged));
      expect(failureCode(() => countPartialEntries(damaged))).toBe(readAs);
    }
    expect(failureCode(() => countPartialEntries(bytes.subarray(0, index)))).toBe('checkpoint_unusable');
  }
});

test('a partial of a file that is decompressed survives, and is another than the same of a plain file', () => {
  const decompressed = { ...partial, plain: { bytes: 2 ** 53 - 1, digest: new Uint8Array(32).fill(3) } };
  expect(decodePartial(encodePartial(decompressed))).toEqual(decompressed);
  expect(decodePartialHeader(encodePartial(decompressed)).plain).toEqual(decompressed.plain);
  const bytes = encodePartial(decompressed);
  for (let length = 0; length < bytes.length; length++)
    expect(failureCode(() => decodePartial(bytes.subarray(0, length)))).toBe('checkpoint_unusable');
});

test('a partial of a plain file has the bytes that it always had, so that it is known again', () => {
  const { accounting } = partial;
  const small = {
    ...partial,
    accounting: { ...accounting, lines: 6, rejects: {} },
    entries: partial.entries.slice(3),
    blockDigests: Uint8Array.of(),
  };
  expect(Buffer.from(encodePartial(small)).toString('hex')).toBe(
    '544c5001' +
      '07' +
      'ecffffffffffff0f' +
      'ffffffffffffff0f' +
      '060501' +
      '00'.repeat(8) +
      '00' +
      '01' +
      '0101' +
      '00' +
      '8080808080808010',
  );
});

test('a header line and rejects for newer reasons survive, with and without plain bytes', () => {
  const { accounting } = partial;
  const rejects = { ...accounting.rejects, quote_syntax: { count: 2, samples: [] }, timestamp_range: { count: 1, samples: [] } };
  const plain = { bytes: 9, digest: new Uint8Array(32).fill(3) };
  for (const found of [
    { ...partial, accounting: { ...accounting, headerBytes: 40 } },
    { ...partial, accounting: { ...accounting, lines: 12, rejects } },
    { ...partial, plain, accounting: { ...accounting, headerBytes: 40, lines: 12, rejects } },
  ]) {
    const bytes = encodePartial(found);
    expect(decodePartial(bytes)).toEqual(found);
    for (let length = 0; length < bytes.length; length++)
      expect(failureCode(() => decodePartial(bytes.subarray(0, length)))).toBe('checkpoint_unusable');
  }
});

test('the header is read without the entries', () => {
  const { accounting, blockDigests } = partial;
  expect(decodePartialHeader(encodePartial(partial).subarray(0, -10))).toEqual({ accounting, blockDigests });
});

test('a contribution survives', () => {
  expect(decodeEntries(encodeEntries(partial.entries))).toEqual(partial.entries);
  expect(decodeEntries(encodeEntries([]))).toEqual([]);
});

test('a partial that ends anywhere before its end, or goes on, is unusable', () => {
  const bytes = encodePartial(partial);
  for (let length = 0; length < bytes.length; length++)
    expect(failureCode(() => decodePartial(bytes.subarray(0, length)))).toBe('checkpoint_unusable');
  expect(failureCode(() => decodePartial(Buffer.concat([bytes, Buffer.of(0)])))).toBe('checkpoint_unusable');
});

test('a change of any byte is unusable or gives another partial, never a crash of another kind', () => {
  const bytes = encodePartial({ ...partial, entries: partial.entries.slice(0, 2) });
  for (let index = 0; index < bytes.length; index++) {
    const damaged = Uint8Array.from(bytes);
    damaged[index] = (damaged[index] ?? 0) ^ 0x81;
    try {
      expect(decodePartial(damaged)).not.toEqual(partial);
    } catch (error) {
      expect(error).toMatchObject({ code: 'checkpoint_unusable' });
    }
  }
});

test.each([
  ['keys out of order', encodeEntries([...partial.entries].reverse())],
  ['a key twice', encodeEntries([partial.entries[3]!, partial.entries[3]!])],
  ['a sum beyond 128 bits', encodeEntries([{ key: Uint8Array.of(1), sum: 2n ** 127n, count: 1n }])],
  ['a number in a longer form', Uint8Array.of(0x54, 0x4c, 0x45, 1, 0x80, 0)],
  ['another version', Uint8Array.of(0x54, 0x4c, 0x45, 2, 0)],
  ['a partial', encodePartial(partial)],
])('%s is no contribution', (_name, bytes) => {
  expect(failureCode(() => decodeEntries(bytes))).toBe('checkpoint_unusable');
});
