import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { BenchOptions } from './harness/bench-options';
import type { CaseHeading, CaseResult } from './harness/case-result';
import { BENCH_FOLDER } from './peers/places';

const RUN_MS_MAX = 1_800_000;
const MIB = 1024 ** 2;
/** The object is written through the gateway, on the same two cores. */
const OBJECT_MIB_MAX = 1024;

/** bench/s3-read.ts as a case. Throws an Error where no Ceph can be started. */
export async function s3Read(heading: CaseHeading, { runs, sizeBytes }: BenchOptions): Promise<CaseResult> {
  const sizeMib = Math.min(OBJECT_MIB_MAX, Math.max(1, Math.round(sizeBytes / MIB)));
  const args = [join(BENCH_FOLDER, 'run.js'), 's3-read', String(runs), String(sizeMib)];
  const { status, stdout, stderr } = spawnSync('node', args, { encoding: 'utf8', timeout: RUN_MS_MAX });
  if (status !== 0) throw new Error(`s3-read ended with ${String(status)}: ${stderr}`);
  const lines = stdout.trim().split('\n');
  const markdown = [
    `An object of ${sizeMib} MiB from a Ceph gateway on loopback. Demanded: ${heading.demand}.`,
    '',
    '```',
    ...lines,
    '```',
  ].join('\n');
  return { ...heading, markdown, figures: { sizeMib, lines } };
}
