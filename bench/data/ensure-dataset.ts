/** Files of cases lie in a folder that Git ignores and are made once: name, size and seed stand in the name of their folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset, Recipe } from './dataset';
import { generate } from './generate';

/** Raised when the same recipe writes other bytes. */
const GENERATOR_VERSION = 1;
const GZIP_MS_MAX = 1_800_000;

interface Stored {
  readonly bytes: number;
  readonly lines: number;
}

export function ensureDataset(recipe: Recipe, sizeBytes: number, dataFolder: string, compression: Dataset['compression']): Dataset {
  const folder = join(dataFolder, `${recipe.name}-${sizeBytes}-seed${recipe.seed}-v${GENERATOR_VERSION}`);
  if (!existsSync(folder)) makeFolder(recipe, sizeBytes, folder);
  const { bytes, lines } = JSON.parse(readFileSync(join(folder, 'stored.json'), 'utf8')) as Stored;
  const plain = join(folder, recipe.layout === 'csv' ? 'data.csv' : 'data.txt');
  const file = compression === 'gzip' ? ensureCompressed(plain) : plain;
  const truth = { sums: readNumbers(join(folder, 'sums.bin')), counts: readNumbers(join(folder, 'counts.bin')) };
  return { ...recipe, file, compression, plainBytes: bytes, fileBytes: statSync(file).size, lines, truth };
}

/** Under its name only when it is whole. */
function makeFolder(recipe: Recipe, sizeBytes: number, folder: string): void {
  process.stderr.write(`Writing ${recipe.name} (${(sizeBytes / 1e6).toFixed(0)} MB)\n`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const { bytes, lines, truth } = generate(recipe, join(unfinished, recipe.layout === 'csv' ? 'data.csv' : 'data.txt'), sizeBytes);
  writeFileSync(join(unfinished, 'sums.bin'), new Uint8Array(truth.sums.buffer));
  writeFileSync(join(unfinished, 'counts.bin'), new Uint8Array(truth.counts.buffer));
  writeFileSync(join(unfinished, 'stored.json'), JSON.stringify({ bytes, lines } satisfies Stored));
  renameSync(unfinished, folder);
}

function ensureCompressed(plain: string): string {
  const file = `${plain}.gz`;
  if (existsSync(file)) return file;
  process.stderr.write(`Compressing ${plain}\n`);
  const unfinished = `${file}.unfinished`;
  const script = 'gzip -6 -n -c "$1" > "$2"';
  const { status } = spawnSync('sh', ['-c', script, 'sh', plain, unfinished], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: GZIP_MS_MAX,
  });
  if (status !== 0) throw new Error(`gzip of ${plain} ended with ${String(status)}, so the gzip case has no file`);
  renameSync(unfinished, file);
  return file;
}

function readNumbers(file: string): Float64Array {
  const bytes = readFileSync(file);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
