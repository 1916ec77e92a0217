import fc from 'fast-check';
import { KeyIndex } from '../../src/core/key-index';
import { runSeed } from '../helpers/seeded-random';

const seed = runSeed();

test('keys are numbered in the order of their first sight, also as the index grows', () => {
  const byte = fc.constantFrom(0, 1, 127, 255);
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 400 }),
      fc.array(fc.array(byte), { maxLength: 400 }),
      (some, others) => {
        const index = new KeyIndex();
        const numbers = new Map<string, number>();
        for (const key of [...some, ...others.map((bytes) => Uint8Array.from(bytes)), ...some]) {
          const text = key.join();
          const expected = numbers.get(text) ?? numbers.size;
          numbers.set(text, expected);
          expect(index.numberOf(key)).toBe(expected);
        }
        expect(index.size).toBe(numbers.size);
      },
    ),
    { seed },
  );
});
