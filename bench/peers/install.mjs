/** The peers, outside Tallyline's dependencies: a virtual environment of Python with pinned versions, and mawk from Debian. Once. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, installDebianPackages, onPath, say } from '../../scripts/prepare.mjs';

const INSTALL_MS_MAX = 900_000;
const here = dirname(fileURLToPath(import.meta.url));
const requirements = join(here, 'requirements.txt');
const folder = join(here, '..', '.peers');
const stamp = join(folder, 'installed.txt');

const programs = { mawk: 'mawk', python3: 'python3-venv', gzip: 'gzip' };
const missing = Object.keys(programs).filter((name) => !onPath(name));
if (missing.length > 0 && !installDebianPackages(missing.map((name) => programs[name])))
  fail(
    `${missing.join(', ')} missing, so the peers cannot run. Debian: apt-get install ${missing.map((name) => programs[name]).join(' ')}`,
  );

const wanted = readFileSync(requirements, 'utf8');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  say('Installing the peers with pip (polars, DuckDB, chdb; about 1 GB, one to three minutes)');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run('python3', ['-m', 'venv', join(folder, 'venv')]);
  run(join(folder, 'venv', 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stamp, wanted);
}

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: INSTALL_MS_MAX });
  if (status !== 0)
    fail(`${program} ${args.join(' ')} failed, so the peers are not installed and nothing was measured; its message is above.`);
}
