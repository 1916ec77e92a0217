/**
 * Prometheus and Alertmanager for the tests: found, or taken out of Debian's packages into the cache. They are not installed, since the
 * packages would start servers of their own.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onPath, say } from './prepare.mjs';

const PROGRAMS = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'];
const PACKAGES = ['prometheus', 'prometheus-alertmanager'];
/** Debian's Alertmanager reads them from here, wherever the program itself lies. */
const TEMPLATES = '/usr/share/prometheus/alertmanager';
const LAST_TEMPLATE = join(TEMPLATES, 'email.tmpl');
const TIMEOUT_MS = 300_000;

/** The folder of the programs, or undefined: then the tests that need them fail and say what to install. */
export function findOrFetchPrometheus() {
  const cache = join(
    process.env.TALLYLINE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tallyline'),
    'prometheus',
  );
  const folders = [process.env.TALLYLINE_PROMETHEUS, ...(process.env.PATH ?? '').split(delimiter), join(cache, 'usr', 'bin')];
  const isWhole = (folder) =>
    PROGRAMS.every((program) => existsSync(join(folder, program))) && (!folder.startsWith(cache) || existsSync(LAST_TEMPLATE));
  const found = () => folders.find((folder) => folder && isWhole(folder));
  return found() ?? (fetchPackages(cache) ? found() : undefined);
}

function fetchPackages(cache) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return false;
  say('Fetching Prometheus and Alertmanager from Debian for the tests (under a minute)');
  const work = mkdtempSync(join(tmpdir(), 'tallyline-prometheus-'));
  const run = (program, args) =>
    spawnSync(program, args, { cwd: work, stdio: ['ignore', 'ignore', 'ignore'], timeout: TIMEOUT_MS }).status === 0;
  try {
    const download = () => run('apt-get', ['download', '-q', ...PACKAGES]);
    if (!download() && !(run('apt-get', ['update', '-qq']) && download())) return false;
    const content = join(work, 'content');
    mkdirSync(content);
    const packages = readdirSync(work).filter((name) => name.endsWith('.deb'));
    if (!packages.every((name) => run('dpkg-deb', ['-x', name, content]))) return false;
    if (!existsSync(LAST_TEMPLATE)) {
      if (process.getuid?.() !== 0) return false;
      mkdirSync(TEMPLATES, { recursive: true });
      for (const name of ['default.tmpl', 'email.tmpl']) copyFileSync(join(content, TEMPLATES, name), join(TEMPLATES, name));
    }
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(join(cache, '..'), { recursive: true });
    // In another file system it would have to be copied.
    if (!run('cp', ['-r', content, `${cache}.part`])) return false;
    renameSync(`${cache}.part`, cache);
    return true;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
