/** Tables that are full again and again: what is spilled, resumed and merged comes to the same partial, to the byte. */
import fc from 'fast-check';

import { DEFAULT_FORMAT } from '../../src/core/format';
import { createKernelCounter } from '../../src/kernel/kernel-counter';
import { acquireKernel, releaseKernel } from '../../src/kernel/kernel-instance';
import { values } from '../helpers/arbitrary-files';
import { countOneSplit } from '../helpers/count-in-splits';
import { runSeed, seededRandom } from '../helpers/seeded-random';

const seed = runSeed();
const format = { ...DEFAULT_FORMAT, allowNegative: false };

/** The next counter has a kernel of its own, whose table holds no more keys than this. */
function limitNextKernel(entriesMax: number, holdsNumbers: boolean): void {
  // The one that others have used has room already.
  acquireKernel();
  const kernel = acquireKernel();
  kernel.limitEntries(entriesMax);
  kernel.takePairsFrom(holdsNumbers ? 0 : Number.MAX_SAFE_INTEGER);
  releaseKernel(kernel);
}

afterAll(() => {
  // Whatever comes next in this process gets one without a limit.
  acquireKernel();
});

const key = fc.oneof(
  fc.nat({ max: 300 }).map(String),
  fc.nat({ max: 40 }).map((number) => `key-${number}`),
  fc.nat({ max: 40 }).map((number) => `a-key-that-is-longer-than-sixteen-bytes-${number}`),
);
const line = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(key, fc.oneof(fc.nat().map(String), values)).map(([name, value]) => `${name} ${value}\n`) },
  { weight: 1, arbitrary: fc.constantFrom('\n', 'odd\n') },
);
const world = fc.record({
  text: fc.array(line, { maxLength: 150 }).map((lines) => lines.join('')),
  entriesMax: fc.constantFrom(1, 2, 7, 50),
  holdsNumbers: fc.boolean(),
  chunkBytesMax: fc.constantFrom(64, 4096),
  crashRate: fc.constantFrom(0, 0.1),
  chance: fc.nat(),
});

test('a table of few keys and the reference agree, also after crashes', () => {
  fc.assert(
    fc.property(world, ({ text, entriesMax, holdsNumbers, chance, ...pace }) => {
      const bytes = Buffer.from(text, 'latin1');
      const split = { startOffset: 0, endOffset: bytes.length };
      const random = seededRandom(chance);
      const given = { ...pace, blockBytes: 256, random };
      const whole = countOneSplit(bytes, format, split, { ...given, crashRate: 0 });
      limitNextKernel(entriesMax, holdsNumbers);
      const spilled = countOneSplit(bytes, format, split, { ...given, createCounter: createKernelCounter });
      expect(Buffer.from(spilled).toString('base64')).toBe(Buffer.from(whole).toString('base64'));
    }),
    { seed, numRuns: 300 },
  );
}, 120_000);

test('a kernel without memory for a single key says so and does not try for ever', () => {
  limitNextKernel(0, false);
  const bytes = Buffer.from('a 1\nb 2\n');
  const counter = createKernelCounter({ format, sizeBytes: 8, split: { startOffset: 0, endOffset: 8 }, createHasher: null });
  try {
    expect(() => counter.push(bytes)).toThrow('no memory for a single key');
  } finally {
    counter.close();
  }
});
