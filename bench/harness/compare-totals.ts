/** Whether a contender's totals are the true ones, whatever their order, read in bounded pieces. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Recipe, Truth } from '../data/dataset';

const PIECE_BYTES = 4_194_304;

export interface Rows {
  /** One line without its end. Throws an Error that names the first difference. */
  readonly take: (line: string) => void;
  /** Throws an Error when a key is missing. */
  readonly end: () => void;
}

/** Throws an Error that says where the totals in a file `key,sum,count` differ from the true ones. */
export function compareTotalsFile(file: string, recipe: Recipe, truth: Truth): void {
  const rows = compareRows(recipe, truth);
  const descriptor = openSync(file, 'r');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let rest = '';
  try {
    for (let read; (read = readSync(descriptor, piece, 0, PIECE_BYTES, null)) > 0;) {
      const lines = (rest + piece.toString('latin1', 0, read)).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(rows.take);
    }
  } finally {
    closeSync(descriptor);
  }
  if (rest !== '') rows.take(rest);
  rows.end();
}

export function compareRows(recipe: Recipe, truth: Truth): Rows {
  const seen = new Uint8Array(recipe.keys);
  let isHeader = true;
  const takeRow = (line: string) => {
    const [key = '', sum = '', count = ''] = line.replaceAll('"', '').trimEnd().split(',');
    const index = indexOfKey(key, recipe);
    if (index === undefined) throw new Error(`the key "${key}" is not in the file`);
    if (seen[index] === 1) throw new Error(`the key "${key}" comes twice`);
    seen[index] = 1;
    const scaled = scaledSum(sum, recipe.scale);
    if (scaled !== truth.sums[index])
      throw new Error(`the sum of "${key}" is ${sum}; the true one, scaled, is ${String(truth.sums[index])}`);
    if (Number(count) !== truth.counts[index])
      throw new Error(`the count of "${key}" is ${count}; the true one is ${String(truth.counts[index])}`);
  };
  return {
    take: (line) => {
      if (isHeader && line.replaceAll('"', '').trimEnd() !== 'key,sum,count') throw new Error(`the header is "${line}", not key,sum,count`);
      if (!isHeader) takeRow(line);
      isHeader = false;
    },
    end: () => {
      const missing = truth.counts.findIndex((count, index) => count > 0 && seen[index] === 0);
      if (missing !== -1) throw new Error(`the key "${recipe.keyText(missing)}" is missing`);
    },
  };
}

/** Every key text holds its index as its first digits. */
function indexOfKey(key: string, { keys, keyText }: Recipe): number | undefined {
  const index = Number(/\d+/.exec(key)?.[0]);
  return index < keys && keyText(index) === key ? index : undefined;
}

/** `12.5` at scale 2 is 1250, and so is `1250`: a peer may print either. */
function scaledSum(text: string, scale: number): number {
  const [whole = '', places] = text.split('.');
  if (!/^\d+$/.test(whole)) return NaN;
  return Number(places === undefined ? whole : whole + places.padEnd(scale, '0'));
}
