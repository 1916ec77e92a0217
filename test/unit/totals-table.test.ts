import { hashKey } from '../../src/core/key-hash';
import { TotalsTable } from '../../src/core/totals-table';

function add(table: TotalsTable, key: string, number: number, large: bigint | null = null): void {
  const bytes = Buffer.from(`<${key}>`);
  table.add(bytes, 1, bytes.length - 1, number, large);
}

function read(table: TotalsTable): Record<string, string> {
  return Object.fromEntries(table.entries().map(({ key, sum, count }) => [Buffer.from(key).toString(), `${sum} in ${count}`]));
}

/** Two keys of the same length and hash: among 200,000 there are a few. */
function collidingKeys(): [string, string] {
  const seen = new Map<number, string>();
  for (let number = 0; number < 200_000; number++) {
    const key = (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    const hash = hashKey(Buffer.from(key), 0, key.length);
    const other = seen.get(hash);
    if (other !== undefined) return [other, key];
    seen.set(hash, key);
  }
  throw new Error('no two keys collide');
}

test('keys of one hash stay apart', () => {
  const [left, right] = collidingKeys();
  const table = new TotalsTable();
  for (const [key, value] of [
    [left, 1],
    [right, 10],
    [left, 100],
    [right, 1000],
  ] as const)
    add(table, key, value);
  expect(read(table)).toEqual({ [left]: '101 in 2', [right]: '1010 in 2' });
});

test('a sum stays exact across 2^53, in both directions', () => {
  const table = new TotalsTable();
  add(table, 'up', Number.MAX_SAFE_INTEGER);
  add(table, 'up', 2);
  add(table, 'up', 1);
  add(table, 'down', Number.MIN_SAFE_INTEGER);
  add(table, 'down', -2);
  add(table, 'mixed', 5);
  add(table, 'mixed', 0, 2n ** 63n - 1n);
  add(table, 'mixed', -5);
  expect(read(table)).toEqual({ down: '-9007199254740993 in 2', mixed: '9223372036854775807 in 3', up: '9007199254740994 in 3' });
});

test('many keys of many lengths survive growth, in the order of their bytes, and a snapshot stays as it was', () => {
  const table = new TotalsTable();
  const keys = Array.from({ length: 5000 }, (_, index) => `${'k'.repeat(index % 50)}${index * 7919}`);
  for (const key of keys) add(table, key, 1);
  const before = table.entries();
  for (const key of ['zz', '', 'a']) add(table, key, 1);
  for (const key of keys) add(table, key, 1);
  expect(before.map(({ key }) => Buffer.from(key).toString())).toEqual([...keys].sort());
  expect(before.every(({ sum, count }) => sum === 1n && count === 1n)).toBe(true);
  expect(table.entries().map(({ key }) => Buffer.from(key).toString())).toEqual([...keys, 'zz', '', 'a'].sort());
});

test('a table goes on from entries', () => {
  const table = new TotalsTable([{ key: Buffer.from('a'), sum: -(2n ** 100n), count: 7n }]);
  add(table, 'a', 1);
  expect(read(table)).toEqual({ a: `${-(2n ** 100n) + 1n} in 8` });
});
