import fc from 'fast-check';

import type { DelimitedFormat } from '../../src/core/format';
import type { Split } from '../../src/core/split';
import { file, format, splitsOf } from '../helpers/arbitrary-files';
import { countInSplits, countOneSplit } from '../helpers/count-in-splits';
import { naiveCount } from '../helpers/naive-count';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();

interface World {
  readonly bytes: Buffer;
  readonly format: DelimitedFormat;
  readonly cuts: readonly number[];
  readonly blockBytes: number;
  readonly chunkBytesMax: number;
  readonly crashRate: number;
  readonly chance: number;
}

const world: fc.Arbitrary<World> = fc.record({
  bytes: file,
  format,
  // As parts of 1,000 of the size, so that they shrink on their own.
  cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 5 }),
  blockBytes: fc.constantFrom(1, 5, 5, 16, 16, 64, 64, 1_048_576),
  chunkBytesMax: fc.constantFrom(1, 2, 5, 32, 4096),
  crashRate: fc.constantFrom(0, 0.05, 0.2),
  chance: fc.nat(),
});

function agrees(one: World, splits: readonly Split[]): void {
  const { bytes, format: chosen, blockBytes, chunkBytesMax, crashRate, chance } = one;
  const counted = countInSplits(bytes, chosen, { splits, blockBytes, chunkBytesMax, crashRate, random: seededRandom(chance) });
  expect(counted).toEqual(naiveCount(bytes, chosen, blockBytes));
}

test('any splits, chunks, crashes and orders give the totals and the receipt of the oracle', () => {
  fc.assert(
    fc.property(world, (one) => agrees(one, splitsOf(one.bytes.length, one.cuts))),
    { seed, numRuns: 12_000 },
  );
}, 60_000);

test('splits of one byte each give the same', () => {
  fc.assert(
    fc.property(world, (one) => {
      const bytes = one.bytes.subarray(0, 24);
      agrees(
        { ...one, bytes },
        Array.from(bytes, (_, startOffset) => ({ startOffset, endOffset: startOffset + 1 })),
      );
    }),
    { seed, numRuns: 2000 },
  );
}, 60_000);

test('a partial has the same bytes whatever the chunks and crashes were', () => {
  fc.assert(
    fc.property(world, (one) => {
      const { bytes, format: chosen, cuts, blockBytes, chunkBytesMax, chance } = one;
      const random = seededRandom(chance);
      for (const split of splitsOf(bytes.length, cuts)) {
        const whole = countOneSplit(bytes, chosen, split, { blockBytes, random, chunkBytesMax: 4096, crashRate: 0 });
        const broken = countOneSplit(bytes, chosen, split, { blockBytes, random, chunkBytesMax, crashRate: 0.3 });
        expect(Buffer.from(broken).equals(whole)).toBe(true);
      }
    }),
    { seed, numRuns: 3000 },
  );
}, 60_000);

test('bytes that are no text at all are accounted for as well', () => {
  fc.assert(
    fc.property(world, fc.uint8Array({ maxLength: 120 }), (one, noise) =>
      agrees({ ...one, bytes: Buffer.from(noise) }, splitsOf(noise.length, one.cuts)),
    ),
    { seed, numRuns: 3000 },
  );
}, 60_000);
