import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Truth } from './sample-files';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');

/** Large samples by the command line, in a process of its own: inside Jest's sandbox the same loop takes ten times as long. */
export function emitSamples(
  folder: string,
  truth: Truth,
  options: { readonly files: number; readonly sizes: readonly [string, string]; readonly seed: number; readonly prefix: string },
): void {
  const { files, sizes, seed, prefix } = options;
  const args = ['emit', '--out', folder, '--files', String(files), '--min-size', sizes[0], '--max-size', sizes[1]];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [BIN, ...args, '--seed', String(seed), '--prefix', prefix, '--output', 'csv'],
    {
      encoding: 'utf8',
      timeout: 120_000,
    },
  );
  if (status !== 0) throw new Error(`emit ended with ${String(status)}: ${stderr}`);
  for (const line of stdout.trim().split('\n').slice(1)) {
    const [key = '', sum = ''] = line.split(',');
    truth.set(key, (truth.get(key) ?? 0n) + BigInt(sum));
  }
}
