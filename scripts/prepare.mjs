/** The set-up that `npm start` and `npm test` share: Node, compiler, dependencies, build. Says what it does and how long it may take. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_MIN = [20, 15];
const INSTALL_TIMEOUT_MS = 900_000;

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends the process with a sentence about what is wrong and what to do. */
export function fail(line, exitCode = 3) {
  say(line);
  process.exit(exitCode);
}

export function prepare() {
  requireNode();
  installDependencies();
  build();
}

export function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, name)));
}

/** Installs Debian packages when this is root on Debian; otherwise the caller's next step says what is missing. */
export function installDebianPackages(packages, aptOptions = []) {
  if (process.getuid?.() !== 0 || !onPath('apt-get')) return false;
  say(`Installing Debian packages ${packages.join(' ')} (one to three minutes)`);
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  if (spawnSync('apt-get', ['update', '-qq'], options).status !== 0) return false;
  return spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...aptOptions, ...packages], options).status === 0;
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isOldEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  if (!isOldEnough)
    fail(`Node ${process.versions.node} is too old: Tallyline needs ${NODE_MIN.join('.')} or later, so nothing was started.`, 2);
}

/** Again only when the lock file changed since. */
function installDependencies() {
  const stamp = join(root, 'node_modules', '.tallyline-lock-digest');
  const digest = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.version)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  requireCompiler();
  say('Installing dependencies with npm ci (one to three minutes; one of them is compiled where no prebuilt one fits)');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (result.status !== 0) {
    fail(
      'npm ci failed, so nothing was started; its message is above. Without a network nothing can be installed: check the connection and the npm ' +
        'registry settings. If node-gyp is named, a C++ compiler, make and python3 are needed (Debian: apt-get install build-essential python3).',
    );
  }
  writeFileSync(stamp, digest);
}

function requireCompiler() {
  if (['c++', 'g++', 'clang++'].some(onPath) && onPath('make') && onPath('python3')) return;
  if (installDebianPackages(['g++', 'make', 'python3'])) return;
  say('No C++ compiler, make or python3 on PATH. They are needed only where no prebuilt database module fits; trying without.');
}

function build() {
  say('Building (about 20 seconds the first time)');
  const result = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) fail('The build failed, so nothing was started; its errors are above.', 1);
}
