/** The generated files that hold kernel and reference together are strong enough: each defect that is planted into the kernel is found. */
import fc from 'fast-check';
import { useKernelFile } from '../../src/kernel/kernel-instance';
import { assertAgreement } from '../helpers/kernel-agreement';
import { FEW_NUMBERS, KernelVariants, TIGHT_TABLE } from '../helpers/kernel-variants';
import { KERNEL_WORLDS, TIGHT_SHARE } from '../helpers/kernel-worlds';
import { runSeed } from '../helpers/seeded-random';
import { MUTANTS } from './kernel-mutants';

/** Each costs a compilation and up to all inputs of its world, so that only some take part in every run of the tests. */
const EVERY_NTH = process.env['TALLYLINE_LONG'] === '1' ? 1 : 10;

const seed = runSeed();
const mutants = Object.entries(MUTANTS)
  .map(([title, mutant], index) => ({ title, name: String(index), ...mutant }))
  .filter((_, index) => index % EVERY_NTH === 0);

const KERNELS = { tight: TIGHT_TABLE, few: FEW_NUMBERS };

let variants: KernelVariants;
beforeAll(() => {
  const changes = mutants.map(({ name, change, within }) => [name, [...(within ? KERNELS[within] : []), change]] as const);
  variants = new KernelVariants(Object.fromEntries(changes));
}, 120_000);
afterAll(() => variants.remove());
afterEach(() => useKernelFile());

test.each(mutants)(
  'found: $title',
  ({ name, foundBy, within }) => {
    useKernelFile(variants.path(name));
    const { worlds, runs } = KERNEL_WORLDS[foundBy];
    // No more inputs than kernel.test.ts takes.
    const numRuns = within === 'tight' ? Math.ceil(runs / TIGHT_SHARE) : runs;
    const { failed } = fc.check(fc.property(worlds, assertAgreement), { seed, numRuns, endOnFailure: true });
    expect(failed).toBe(true);
  },
  120_000,
);
