/** The kernel is the same function as the reference: the same partials, to the byte, whatever the format, the splits, the chunks, the crashes. */
import fc from 'fast-check';
import { useKernelFile } from '../../src/kernel/kernel-instance';
import { assertAgreement } from '../helpers/kernel-agreement';
import type { KernelWorld } from '../helpers/kernel-agreement';
import { FEW_NUMBERS, KernelVariants, TIGHT_TABLE } from '../helpers/kernel-variants';
import { KERNEL_WORLDS, TIGHT_SHARE } from '../helpers/kernel-worlds';
import type { KernelWorlds } from '../helpers/kernel-worlds';
import { runSeed } from '../helpers/seeded-random';

const seed = runSeed();
const worldsByName = Object.entries<KernelWorlds>(KERNEL_WORLDS);

function check(worlds: fc.Arbitrary<KernelWorld>, numRuns: number): void {
  fc.assert(fc.property(worlds, assertAgreement), { seed, numRuns });
}

test.each(worldsByName)('%s', (_, { worlds, runs }) => check(worlds, runs), 240_000);

describe.each([
  ['a table that is full after a few keys, a few long keys, or four records of one', TIGHT_TABLE, ''],
  [
    'numbers that are held by two digits at first, by three then, and added up in small parts',
    FEW_NUMBERS,
    'small numbers, and what looks like them',
  ],
])('with %s', (_, changes, whole) => {
  let variants: KernelVariants;
  beforeAll(() => {
    variants = new KernelVariants({ changed: changes });
    useKernelFile(variants.path('changed'));
  }, 60_000);
  afterAll(() => {
    useKernelFile();
    variants.remove();
  });

  test.each(worldsByName)('%s', (name, { worlds, runs }) => check(worlds, name === whole ? runs : Math.ceil(runs / TIGHT_SHARE)), 240_000);
});
