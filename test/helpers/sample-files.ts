/** Small input files with their true totals, computed while they are made and by no code of the product. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from './seeded-random';

export type Truth = Map<string, bigint>;

export interface SampleOptions {
  readonly seed: number;
  readonly lines: number;
  readonly keys?: number;
}

/** Writes `folder`/`name` beside its place and renames it, as a good emitter does; adds what it holds to `truth`. */
export async function writeSample(folder: string, name: string, options: SampleOptions, truth: Truth): Promise<number> {
  const text = sampleText(options, truth);
  const staged = join(folder, `.${name}.part`);
  await writeFile(staged, text);
  await rename(staged, join(folder, name));
  return Buffer.byteLength(text);
}

export function sampleText({ seed, lines, keys = 100 }: SampleOptions, truth: Truth): string {
  const random = seededRandom(seed);
  const parts: string[] = [];
  for (let line = 0; line < lines; line += 1) {
    const key = String(Math.floor(random() * keys));
    const value = Math.floor(random() * 100_000);
    parts.push(`${key} ${value}\n`);
    truth.set(key, (truth.get(key) ?? 0n) + BigInt(value));
  }
  return parts.join('');
}
