/** What the benchmark holds everybody's totals against: the generator's own, told by a naive reader of its files. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECIPES, type Recipe } from '../../../bench/data/dataset';
import { generate, type Generated } from '../../../bench/data/generate';
import { compareRows } from '../../../bench/harness/compare-totals';

const SIZE_BYTES = 200_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyline-bench-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const written = new Map<string, { readonly generated: Generated; readonly text: string }>();

/** Keys are few enough here to come several times. */
function write(recipe: Recipe): { readonly recipe: Recipe; readonly generated: Generated; readonly text: string } {
  const small = { ...recipe, keys: 500 };
  const known = written.get(recipe.name);
  if (known) return { recipe: small, ...known };
  const file = join(folder, recipe.name);
  const fresh = { generated: generate(small, file, SIZE_BYTES), text: readFileSync(file, 'latin1') };
  written.set(recipe.name, fresh);
  return { recipe: small, ...fresh };
}

/** Cells of a CSV line, quotes taken off. */
function cells(line: string): string[] {
  return Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain = '']) => quoted ?? plain);
}

function naiveTotals({ layout, scale }: Recipe, text: string): Map<string, { sum: number; count: number }> {
  const totals = new Map<string, { sum: number; count: number }>();
  for (const line of text
    .trimEnd()
    .split('\n')
    .slice(layout === 'csv' ? 1 : 0)) {
    const all = layout === 'csv' ? cells(line) : line.split(' ');
    if (layout === 'csv') expect(all).toHaveLength(8);
    const [key = '', amount = ''] = layout === 'csv' ? [all[2], all[5]] : all;
    if (scale > 0) expect(amount).toMatch(/^\d+\.\d\d$/);
    const total = totals.get(key) ?? { sum: 0, count: 0 };
    totals.set(key, { sum: total.sum + Number(amount.replace('.', '')), count: total.count + 1 });
  }
  return totals;
}

const rowsOf = (totals: ReturnType<typeof naiveTotals>) => Array.from(totals, ([key, { sum, count }]) => `${key},${sum},${count}`);

function compare(recipe: Recipe, { truth }: Generated, rows: readonly string[]): void {
  const comparing = compareRows(recipe, truth);
  for (const row of ['key,sum,count', ...rows]) comparing.take(row);
  comparing.end();
}

test.each(Object.values(RECIPES))('the true totals of $name are those of its file', (any: Recipe) => {
  const { recipe, generated, text } = write(any);
  expect(generated.bytes).toBe(text.length);
  const totals = naiveTotals(recipe, text);
  expect(totals.size).toBe(recipe.keys);
  compare(recipe, generated, rowsOf(totals));
});

test('the same recipe writes the same bytes', () => {
  const { recipe, text } = write(RECIPES.csv);
  const again = join(folder, 'again');
  generate(recipe, again, SIZE_BYTES);
  expect(readFileSync(again, 'latin1')).toBe(text);
});

test('about one cell in a hundred of the CSV is quoted, keys and doubled quotes among them', () => {
  const { text } = write(RECIPES.csv);
  const lines = text.trimEnd().split('\n');
  const quoted = lines.filter((line) => line.includes('"'));
  expect(quoted.length / lines.length).toBeGreaterThan(0.05);
  expect(quoted.length / lines.length).toBeLessThan(0.11);
  expect(quoted.some((line) => line.includes('"acme-'))).toBe(true);
  expect(quoted.some((line) => line.includes('""manual""'))).toBe(true);
});

test('a long key has 40 bytes', () => {
  expect([0, 9_999].map((index) => RECIPES['long-keys'].keyText(index).length)).toEqual([40, 40]);
});

test('totals that are wrong in any way are told from true ones, and why', () => {
  const { recipe, generated, text } = write(RECIPES.ids);
  const [first = '', ...rest] = rowsOf(naiveTotals(recipe, text));
  const [key = '', sum = '', count = ''] = first.split(',');
  const wrong = (rows: readonly string[]) => () => compare(recipe, generated, rows);
  expect(wrong(rest)).toThrow(`the key "${key}" is missing`);
  expect(wrong([first, first, ...rest])).toThrow(`the key "${key}" comes twice`);
  expect(wrong([`${key},${Number(sum) + 1},${count}`, ...rest])).toThrow(`the sum of "${key}"`);
  expect(wrong([`${key},${sum},${Number(count) - 1}`, ...rest])).toThrow(`the count of "${key}"`);
  expect(wrong(['500,1,1'])).toThrow('the key "500" is not in the file');
  expect(wrong([`0${key},${sum},${count}`, ...rest])).toThrow(`the key "0${key}" is not in the file`);
  expect(() => compareRows(recipe, generated.truth).take('1,2,3')).toThrow('the header');
});

test('a peer may print a decimal point, or the scaled integer', () => {
  const { recipe, generated, text } = write(RECIPES.decimals);
  const totals = naiveTotals(recipe, text);
  compare(recipe, generated, rowsOf(totals));
  compare(
    recipe,
    generated,
    Array.from(totals, ([key, { sum, count }]) => `"${key}",${(sum / 100).toFixed(2)},${count}`),
  );
});
