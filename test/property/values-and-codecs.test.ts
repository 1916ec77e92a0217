import fc from 'fast-check';

import { encodeEach, iterateEncoded } from '../../src/core/entry-codec';
import { EntryCursor } from '../../src/core/entry-cursor';
import { countPartialEntries, decodePartial, encodePartial } from '../../src/core/partial-codec';
import type { SplitPartial, TotalsEntry } from '../../src/core/partial';
import { mergeEntries } from '../../src/core/merge';
import { REJECT_REASONS } from '../../src/core/reject';
import { escapeBytes, unescapeBytes } from '../../src/core/source-key';
import { decodeUtf8, isStrictUtf8 } from '../../src/core/utf8';
import { ValueReader, formatScaled } from '../../src/core/value';
import { runSeed } from '../helpers/seeded-random';

const seed = runSeed();

/** Bytes that are often nearly text. */
const roughText = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.string({ unit: 'binary', maxLength: 3 }).map((text) => new TextEncoder().encode(text)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));

test('any bytes survive escaping, and the text is printable', () => {
  fc.assert(
    fc.property(roughText, (bytes) => {
      const escaped = escapeBytes(bytes);
      expect(Buffer.from(unescapeBytes(escaped)).equals(bytes)).toBe(true);
      expect(escaped).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029]/u);
      expect(escapeBytes(unescapeBytes(escaped))).toBe(escaped);
    }),
    { seed, numRuns: 2000 },
  );
});

test('strict UTF-8 is what the platform takes for it, and decodes to the same text', () => {
  fc.assert(
    fc.property(roughText, (bytes) => {
      let expected: string | null = null;
      try {
        expected = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        // Not UTF-8.
      }
      expect(isStrictUtf8(bytes, 0, bytes.length)).toBe(expected !== null);
      if (expected !== null) expect(decodeUtf8(bytes)).toBe(expected);
    }),
    { seed, numRuns: 2000 },
  );
});

const digits = fc.string({ unit: fc.constantFrom('0', '0', '1', '9'), maxLength: 22 });
const decimal = fc.tuple(fc.constantFrom('', '-', '+'), digits, fc.constantFrom('', '.', '..'), digits).map((parts) => parts.join(''));

test('a value is what BigInt makes of its digits', () => {
  fc.assert(
    fc.property(decimal, fc.nat({ max: 18 }), fc.boolean(), (text, scale, allowNegative) => {
      const reader = new ValueReader({ scale, allowNegative });
      const verdict = reader.read(Buffer.from(`<${text}>`), 1, 1 + text.length);
      const [, sign = '', integer = '', fraction = ''] = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text) ?? [];
      if (integer === '' || fraction.length > scale || (sign === '-' && !allowNegative)) return expect(verdict).toBe('value_syntax');
      const value = BigInt(integer + fraction.padEnd(scale, '0')) * (sign === '-' ? -1n : 1n);
      if (BigInt.asIntN(64, value) !== value) return expect(verdict).toBe('value_range');
      expect(verdict).toBeNull();
      expect(reader.large ?? BigInt(reader.number)).toBe(value);
      expect(
        formatScaled(value, scale)
          .replace('.', '')
          .replace(/^(-?)0+(?=.)/, '$1'),
      ).toBe(String(value));
    }),
    { seed, numRuns: 2000 },
  );
});

const entries: fc.Arbitrary<TotalsEntry[]> = fc
  .uniqueArray(
    fc.record({
      key: fc.uint8Array({ maxLength: 4 }),
      sum: fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
      count: fc.bigInt({ min: 1n, max: 2n ** 64n }),
    }),
    { selector: ({ key }) => Buffer.from(key).toString('latin1'), maxLength: 12 },
  )
  .map((found) => found.sort((left, right) => Buffer.compare(left.key, right.key)));
const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const rejects = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...REJECT_REASONS), fc.integer({ min: 1, max: 1e9 })), { selector: ([reason]) => reason })
  .map((found) =>
    Object.fromEntries(
      found.map(([reason, count]) => [reason, { count, samples: [{ offset: count, bytes: Uint8Array.of(count % 256) }] }]),
    ),
  );
const partial: fc.Arbitrary<SplitPartial> = fc
  .record({
    first: fc.option(offset),
    nextOffset: offset,
    records: fc.nat(),
    blanks: fc.nat(),
    rejects,
    entries,
    isEnd: fc.boolean(),
    blocks: fc.nat({ max: 3 }),
    headerBytes: fc.constantFrom(0, 0, 1, 300),
  })
  .map(({ first, nextOffset, records, blanks, rejects: found, entries: totals, isEnd, blocks, headerBytes }) => {
    const lines = records + blanks + Object.values(found).reduce((sum, { count }) => sum + count, 0);
    const accounting = {
      firstOffset: first,
      nextOffset,
      bomBytes: isEnd ? 0 : 3,
      ...(headerBytes > 0 && { headerBytes }),
      lines,
      records,
      blanks,
      rejects: found,
      unterminatedLastLine: isEnd,
    } as const;
    return { accounting, entries: totals, blockDigests: new Uint8Array(32 * blocks).fill(blocks) };
  });

test('a partial survives its codec, and its bytes are canonical', () => {
  fc.assert(
    fc.property(partial, (one) => {
      const bytes = encodePartial(one);
      expect(decodePartial(bytes)).toEqual(one);
      expect(encodePartial(decodePartial(bytes))).toEqual(bytes);
    }),
    { seed, numRuns: 800 },
  );
});

/** What is given, or the code of the failure. */
function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

/** All that a walk over encoded entries comes to, and how it ends. */
function walked(walk: () => Iterable<TotalsEntry>): unknown {
  const found: TotalsEntry[] = [];
  const end = outcomeOf(() => {
    for (const entry of walk()) found.push(entry);
    return 'reached';
  });
  return { found, end };
}

function* byCursor(bytes: Uint8Array): Generator<TotalsEntry, void> {
  const cursor = new EntryCursor(bytes);
  while (cursor.next()) yield { key: cursor.key(), sum: BigInt(cursor.sum), count: BigInt(cursor.count) };
}

test('a cursor comes to the same entries as decoding, and to the same end where bytes are damaged', () => {
  fc.assert(
    fc.property(entries, fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 }))), (some, damage) => {
      const bytes = Buffer.concat([...encodeEach(some).pieces()]);
      if (damage !== null && bytes.length > 0) bytes[damage[0] % bytes.length] = damage[1];
      expect(walked(() => byCursor(bytes))).toEqual(walked(() => iterateEncoded(bytes)));
    }),
    { seed, numRuns: 2000 },
  );
});

test('entries are counted where all of them decode, and only there', () => {
  fc.assert(
    fc.property(partial, fc.nat(), fc.nat({ max: 255 }), (one, place, byte) => {
      const bytes = encodePartial(one);
      bytes[place % bytes.length] = byte;
      expect(outcomeOf(() => countPartialEntries(bytes))).toBe(outcomeOf(() => decodePartial(bytes).entries.length));
    }),
    { seed, numRuns: 1000 },
  );
});

test('bytes that decode are the ones that their content encodes to', () => {
  fc.assert(
    fc.property(partial, fc.nat(), fc.nat({ max: 255 }), (one, place, byte) => {
      const bytes = encodePartial(one);
      bytes[place % bytes.length] = byte;
      try {
        expect(encodePartial(decodePartial(bytes))).toEqual(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: 'checkpoint_unusable' });
      }
    }),
    { seed, numRuns: 2000 },
  );
});

test('merging is adding up by key, in any grouping', () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 5 }), (lists) => {
      const expected = new Map<string, bigint>();
      for (const { key, sum } of lists.flat()) {
        const name = Buffer.from(key).toString('latin1');
        expected.set(name, (expected.get(name) ?? 0n) + sum);
      }
      const merged = mergeEntries(lists).map(({ key, sum }) => [Buffer.from(key).toString('latin1'), sum]);
      expect(merged).toEqual([...expected].sort(([left], [right]) => (left < right ? -1 : 1)));
      expect(mergeEntries([mergeEntries(lists.slice(0, 2)), mergeEntries(lists.slice(2))])).toEqual(mergeEntries(lists));
    }),
    { seed, numRuns: 800 },
  );
});
