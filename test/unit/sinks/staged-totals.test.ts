import fc from 'fast-check';
import { INT64_MAX, INT64_MIN } from '../../../src/core/limits';
import { StagedTotals } from '../../../src/sinks/staged-totals';
import type { TotalsDelta } from '../../../src/sinks/store-totals';
import { compareAddresses } from '../../../src/sinks/totals-order';
import { runSeed } from '../../helpers/seeded-random';

const seed = runSeed();

const LIMITS = { deltasMax: 100_000, addressesMax: 100_000 };
// Few bytes, so that keys meet, begin with each other, and differ by NULs and behind their sixth byte only.
const KEYS = fc.array(fc.constantFrom(0, 1, 65, 255), { maxLength: 8 }).map((bytes) => Uint8Array.from(bytes));
const NUMBERS = fc.oneof(fc.bigInt(0n, 9n), fc.bigInt({ min: INT64_MIN * 2n, max: INT64_MAX * 2n }));

function deltasOf(numbers: fc.Arbitrary<bigint>, adjusts: fc.Arbitrary<string>): fc.Arbitrary<TotalsDelta[]> {
  const period = fc.constantFrom('', '2026-11', '2026-12');
  return fc.array(fc.record({ period, adjusts, key: KEYS, ordinal: fc.nat(4), sum: numbers, count: numbers }), { maxLength: 60 });
}

function stage(deltas: readonly TotalsDelta[]): StagedTotals {
  const staged = new StagedTotals(LIMITS);
  for (const delta of deltas) staged.add(delta);
  return staged;
}

function addressesOf(deltas: readonly TotalsDelta[]) {
  const addresses = deltas.map(({ period, key, adjusts }) => ({ period, key, adjusts })).sort(compareAddresses);
  return addresses.filter((address, index) => index === 0 || compareAddresses(address, addresses[index - 1]!) !== 0);
}

test('what is staged comes back by address, in the order of totals, each delta as it was, also beyond 64 bits', () => {
  fc.assert(
    fc.property(deltasOf(NUMBERS, fc.constantFrom('', '2026-10')), fc.nat(4), (deltas, removed) => {
      const staged = stage(deltas);
      expect([...staged.inOrderOfStaging()]).toEqual(deltas);
      staged.remove(removed);
      const kept = deltas.filter(({ ordinal }) => ordinal !== removed);
      const expected = addressesOf(kept).map((address) => ({
        address,
        deltas: kept
          .filter((delta) => compareAddresses(delta, address) === 0)
          .sort((left, right) => left.ordinal - right.ordinal)
          .map(({ ordinal, sum, count }) => ({ ...address, ordinal, sum, count })),
      }));
      expect([...staged.byAddress()]).toEqual(expected);
    }),
    { seed },
  );
});

test('plain sums are those of all deltas of an address, or none where one of them leaves 64 bits', () => {
  const numbers = fc.oneof(fc.bigInt(1n, 9n), fc.bigInt(INT64_MAX / 2n - 2n, INT64_MAX));
  fc.assert(
    fc.property(deltasOf(numbers, fc.constant('')), (deltas) => {
      const sums = addressesOf(deltas).map((address) => {
        const own = deltas.filter((delta) => compareAddresses(delta, address) === 0);
        const [sum, count] = [own.reduce((total, delta) => total + delta.sum, 0n), own.reduce((total, delta) => total + delta.count, 0n)];
        return { ...address, sum, count };
      });
      const fits = sums.every(({ sum, count }) => sum <= INT64_MAX && count <= INT64_MAX);
      expect(stage(deltas).plainSums()).toEqual(fits ? sums : null);
    }),
    { seed },
  );
});

test.each([
  ['takes out', { sum: -1n, count: 1n, adjusts: '' }],
  ['adds no record', { sum: 1n, count: 0n, adjusts: '' }],
  ['adjusts a closed period', { sum: 1n, count: 1n, adjusts: '2026-10' }],
])('a delta that %s is not plain', (_, change) => {
  const delta = { period: '', key: Uint8Array.of(65), ordinal: 0, ...change };
  expect(stage([delta]).plainSums()).toBeNull();
});

test('a key that was a view on other bytes stays what it was', () => {
  const bytes = Uint8Array.of(65, 66, 67);
  const staged = stage([{ period: '', adjusts: '', key: bytes.subarray(1, 2), ordinal: 0, sum: 1n, count: 1n }]);
  bytes.fill(0);
  expect(staged.plainSums()).toEqual([{ period: '', adjusts: '', key: Uint8Array.of(66), sum: 1n, count: 1n }]);
});
