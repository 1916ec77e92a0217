/** Each input that `npm run fuzz` has kept: kernel and reference agree on it. What the fuzzer finds goes into the same folder once it is mended. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { useKernelFile } from '../../src/kernel/kernel-instance';
import { worldOfBytes } from '../fuzz/world-of-bytes';
import { assertAgreement } from '../helpers/kernel-agreement';
import { KernelVariants, TIGHT_TABLE } from '../helpers/kernel-variants';
import { MUTANTS } from './kernel-mutants';

const FOLDERS = ['corpus', 'seeds'].map((name) => resolve(__dirname, '../fuzz', name));
const CORPUS_BYTES_MAX = 300 * 1024;
const DEFECT = 'the line that begins where the split ends is taken too';
const inputs = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => ({ name, input: readFileSync(join(folder, name)) })));

test('the corpus is there, and small', () => {
  expect(inputs.length).toBeGreaterThan(100);
  expect(inputs.reduce((sum, { input }) => sum + input.length, 0)).toBeLessThan(CORPUS_BYTES_MAX);
});

function disagreements(): string[] {
  return inputs.flatMap(({ name, input }) => {
    try {
      assertAgreement(worldOfBytes(input));
      return [];
    } catch (error) {
      return [`${name}: ${String(error)}`];
    }
  });
}

test('kernel and reference agree on every input of it', () => {
  expect(disagreements()).toEqual([]);
}, 60_000);

describe('other kernels', () => {
  let variants: KernelVariants;
  beforeAll(() => {
    variants = new KernelVariants({ tight: TIGHT_TABLE, defect: [MUTANTS[DEFECT]!.change] });
  }, 60_000);
  afterAll(() => variants.remove());
  afterEach(() => useKernelFile());

  test('with a table that is soon full: the same', () => {
    useKernelFile(variants.path('tight'));
    expect(disagreements()).toEqual([]);
  }, 60_000);

  test('with a planted defect: at least one input shows it', () => {
    useKernelFile(variants.path('defect'));
    expect(disagreements()).not.toEqual([]);
  }, 60_000);
});

test('any bytes are a world', () => {
  for (let length = 0; length < 12; length++) assertAgreement(worldOfBytes(Buffer.alloc(length, 0xff)));
});
