import { requireOneChoice, type BackfillChoice } from '../../../src/cli/commands/backfill';
import { failureCode } from '../../helpers/failure-code';

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}.txt`);
const [DAY, NEXT_DAY] = ['2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'];

test.each<BackfillChoice>([
  { keys: keys(1) },
  { keys: keys(500) },
  { prefix: '' },
  { from: DAY },
  { to: DAY },
  { from: DAY, to: NEXT_DAY },
])('one choice is taken (%#)', (choice) => {
  expect(() => requireOneChoice(choice)).not.toThrow();
});

test.each<[string, BackfillChoice]>([
  ['none', {}],
  ['two', { keys: keys(1), prefix: 'a' }],
  ['two, one of them a range', { prefix: 'a', from: DAY }],
  ['no key', { keys: [] }],
  ['501 keys', { keys: keys(501) }],
  ['an empty range', { from: DAY, to: DAY }],
  ['a range that ends before it begins', { from: NEXT_DAY, to: DAY }],
])('%s is refused', (_title, choice) => {
  expect(failureCode(() => requireOneChoice(choice))).toBe('config_invalid');
});
