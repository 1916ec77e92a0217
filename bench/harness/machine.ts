import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_FOLDER, PYTHON } from '../peers/places';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  /** Of the minute before: what else ran. */
  readonly loadAverage: number;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    loadAverage: loadavg()[0] ?? NaN,
    date: new Date().toISOString(),
    versions: {
      Tallyline: firstLine('git', ['-C', BENCH_FOLDER, 'describe', '--always', '--dirty']),
      Node: process.versions.node,
      V8: process.versions.v8,
      Python: firstLine(PYTHON, ['--version']),
      ...pythonPackages(),
      mawk: firstLine('mawk', ['-W', 'version']),
      gzip: firstLine('gzip', ['--version']),
      coreutils: firstLine('wc', ['--version']),
      'C library': firstLine('ldd', ['--version']),
      system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    },
  };
}

function pythonPackages(): Record<string, string> {
  const pinned = readFileSync(join(BENCH_FOLDER, 'peers', 'requirements.txt'), 'utf8');
  return Object.fromEntries(Array.from(pinned.matchAll(/^([\w-]+)==(.+)$/gm), ([, name = '', version = '']) => [name, version]));
}

function firstLine(program: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  if (error !== undefined) return 'absent';
  return (stdout || stderr).split('\n')[0]?.trim() ?? '';
}
