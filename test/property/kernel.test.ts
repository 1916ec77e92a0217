/** The kernel is the same function as the reference: the same partials, to the byte, whatever the format, the splits, the chunks, the crashes. */
import fc from 'fast-check';

import type { DelimitedFormat } from '../../src/core/format';
import { createKernelCounter } from '../../src/kernel/kernel-counter';
import { bom, file, format, keys, piece, plainLine, splitsOf, values } from '../helpers/arbitrary-files';
import { countOneSplit } from '../helpers/count-in-splits';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();

interface World {
  readonly bytes: Buffer;
  readonly format: DelimitedFormat;
  readonly cuts: readonly number[];
  readonly chunkBytesMax: number;
  readonly crashRate: number;
  readonly chance: number;
}

const circumstances = {
  cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 3 }),
  chunkBytesMax: fc.constantFrom(16, 64, 300, 4096),
  crashRate: fc.constantFrom(0, 0, 0.1),
  chance: fc.nat(),
};
/** The fields of a line are as many as the format wants, and joined as it joins them: most lines are for the kernel. */
const fittingFile = format.chain((chosen) => {
  const separator = chosen.delimiter.kind === 'byte' ? String.fromCharCode(chosen.delimiter.byte) : ' ';
  const others = fc.constantFrom('', 'x', 'some text', '"', '\xff');
  const fields = Array.from({ length: chosen.fieldCount }, (_, index) =>
    chosen.valueField === index + 1 ? values : chosen.keyFields.includes(index + 1) ? keys : others,
  );
  const fitting = fc.tuple(...fields).map((parts) => `${parts.join(separator)}\n`);
  const longKey = fc.nat({ max: 1100 }).map((length) => `${'k'.repeat(length)}${separator}1${separator}1\n`);
  const lines = fc.oneof({ weight: 20, arbitrary: fitting }, { weight: 2, arbitrary: piece }, { weight: 1, arbitrary: longKey });
  return fc.tuple(bom, fc.array(lines, { maxLength: 25 }), fc.constantFrom('', '1 2', '\r')).map(([start, all, end]) => ({
    format: chosen,
    bytes: Buffer.from(start + all.join('') + end, 'latin1'),
  }));
});

function agrees({ bytes, format: chosen, cuts, chunkBytesMax, crashRate, chance }: World): void {
  for (const split of splitsOf(bytes.length, cuts)) {
    const random = seededRandom(chance);
    const whole = countOneSplit(bytes, chosen, split, { blockBytes: 256, random, chunkBytesMax: 1 << 20, crashRate: 0 });
    const pace = { blockBytes: 256, random, chunkBytesMax, crashRate, createCounter: createKernelCounter };
    expect(Buffer.from(countOneSplit(bytes, chosen, split, pace)).equals(whole)).toBe(true);
  }
}

test('files whose lines fit the format more or less', () => {
  const world = fc.record({ file: fittingFile, ...circumstances });
  fc.assert(
    fc.property(world, ({ file: { bytes, format: chosen }, ...rest }) => agrees({ bytes, format: chosen, ...rest })),
    { seed, numRuns: 60_000 },
  );
}, 240_000);

test('files and formats that know nothing of each other', () => {
  fc.assert(fc.property(fc.record({ bytes: file, format, ...circumstances }), agrees), { seed, numRuns: 40_000 });
}, 240_000);

test('files of several windows and batches, with growing tables', () => {
  const world = fc.record({
    bytes: fc
      .tuple(
        fc.array(fc.oneof({ weight: 40, arbitrary: plainLine }, { weight: 1, arbitrary: piece }), { maxLength: 40 }),
        fc.nat({ max: 400 }),
      )
      .map(([lines, times]) =>
        Buffer.from(Array.from({ length: times }, (_, index) => `${index * 7919}${lines.join('')}`).join(''), 'latin1'),
      ),
    format,
    ...circumstances,
    chunkBytesMax: fc.constantFrom(4096, 20_000, 1 << 20),
  });
  fc.assert(fc.property(world, agrees), { seed, numRuns: 300 });
}, 240_000);
