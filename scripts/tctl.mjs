/** Builds `tctl` once into the cache, for the test that starts a backfill with it. It builds only from a module that requires it. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installDebianPackages, onPath, say } from './prepare.mjs';

const VERSION = 'v1.18.0';
const TIMEOUT_MS = 1_200_000;

/** Path of the executable, or null with the reason said. */
export function findOrBuildTctl() {
  const cache = process.env.TALLYLINE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tallyline');
  const target = join(cache, `tctl-${VERSION}`, 'tctl');
  if (existsSync(target)) return target;
  if (!onPath('go')) installDebianPackages(['golang-go']);
  if (!onPath('go')) {
    say('There is no Go toolchain to build tctl with: the test that uses it fails in CI and is skipped elsewhere.');
    return null;
  }
  say('Building tctl with Go (2 to 5 minutes, once; it is cached afterwards)');
  const work = mkdtempSync(join(tmpdir(), 'tallyline-tctl-'));
  try {
    writeFileSync(join(work, 'go.mod'), `module build\n\ngo 1.21\n\nrequire github.com/temporalio/tctl ${VERSION}\n`);
    writeFileSync(join(work, 'tools.go'), '//go:build tools\n\npackage build\n\nimport _ "github.com/temporalio/tctl/cmd/tctl"\n');
    for (const args of [
      ['mod', 'tidy', '-e'],
      ['install', 'github.com/temporalio/tctl/cmd/tctl'],
    ]) {
      const { status, stderr } = spawnSync('go', args, {
        cwd: work,
        encoding: 'utf8',
        timeout: TIMEOUT_MS,
        env: { ...process.env, GOBIN: work },
      });
      if (status !== 0) {
        say(`tctl could not be built (go ${args.join(' ')}): ${(stderr ?? '').slice(-500)}`);
        return null;
      }
    }
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(work, 'tctl'), `${target}.part`);
    chmodSync(`${target}.part`, 0o755);
    renameSync(`${target}.part`, target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
