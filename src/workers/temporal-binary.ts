/**
 * Finds a Temporal CLI (which brings the development server and its Web UI), or installs one into the cache.
 * Order: TALLYLINE_TEMPORAL, PATH, the cache, the official download (pinned, checksum verified), `go install`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TallylineFailure } from '../core/failures';

export const TEMPORAL_CLI_VERSION = '1.5.1';
const DOWNLOAD_TIMEOUT_MS = 180_000;
const GO_INSTALL_TIMEOUT_MS = 1_200_000;
/** SHA-256 of the release archives of TEMPORAL_CLI_VERSION, by platform. */
const ARCHIVE_SHA256: Readonly<Record<string, string>> = {
  linux_amd64: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  linux_arm64: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  darwin_amd64: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  darwin_arm64: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

type Say = (line: string) => void;

/** Path of the executable. Throws `temporal_unavailable` that names every way that was tried. */
export async function findOrInstallTemporal(say: Say, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const chosen = environment['TALLYLINE_TEMPORAL'];
  if (chosen) {
    if (await isExecutable(chosen)) return chosen;
    throw new TallylineFailure('temporal_unavailable', `TALLYLINE_TEMPORAL is ${chosen}, which is no executable file`);
  }
  const found = await findOnPath('temporal', environment);
  if (found) return found;
  const directory = join(cacheDirectory(environment), `temporal-${TEMPORAL_CLI_VERSION}`);
  const cached = join(directory, 'temporal');
  if (await isExecutable(cached)) return cached;
  await mkdir(directory, { recursive: true });
  const problems: string[] = [];
  for (const install of [download, installWithGo]) {
    try {
      await install(cached, say, environment);
      return cached;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      say(`  not possible: ${problems.at(-1)}`);
    }
  }
  throw new TallylineFailure(
    'temporal_unavailable',
    `there is no Temporal CLI here: none on PATH, none in ${directory}, and it could not be installed (${problems.join('; ')}). ` +
      'Install it by hand and put it on PATH, or name it in TALLYLINE_TEMPORAL',
  );
}

export function cacheDirectory(environment: NodeJS.ProcessEnv): string {
  return environment['TALLYLINE_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tallyline');
}

async function download(target: string, say: Say): Promise<void> {
  const platform = `${process.platform === 'darwin' ? 'darwin' : process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const expected = ARCHIVE_SHA256[platform];
  if (!expected) throw new Error(`no pinned download for ${platform}`);
  const name = `temporal_cli_${TEMPORAL_CLI_VERSION}_${platform}.tar.gz`;
  say(`Downloading the Temporal CLI ${TEMPORAL_CLI_VERSION} (about 50 MB, usually under a minute)`);
  const response = await fetch(`https://github.com/temporalio/cli/releases/download/v${TEMPORAL_CLI_VERSION}/${name}`, {
    signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(
      `download failed: ${error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error)}`,
    );
  });
  if (!response.ok) throw new Error(`download failed with status ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());
  const digest = createHash('sha256').update(archive).digest('hex');
  if (digest !== expected) throw new Error(`the downloaded ${name} has SHA-256 ${digest}, not ${expected}; it was thrown away`);
  const work = await mkdtemp(join(tmpdir(), 'tallyline-temporal-'));
  try {
    await writeFile(join(work, name), archive);
    await run('tar', ['-xzf', join(work, name), '-C', work, 'temporal'], DOWNLOAD_TIMEOUT_MS, process.env);
    await install(join(work, 'temporal'), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function installWithGo(target: string, say: Say, environment: NodeJS.ProcessEnv): Promise<void> {
  if (!(await findOnPath('go', environment))) throw new Error('there is no Go toolchain to build it with');
  say(`Building the Temporal CLI ${TEMPORAL_CLI_VERSION} with Go (3 to 6 minutes on 2 cores, once; it is cached afterwards)`);
  const work = await mkdtemp(join(tmpdir(), 'tallyline-go-'));
  try {
    const module = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`;
    await run('go', ['install', module], GO_INSTALL_TIMEOUT_MS, { ...environment, GOBIN: work });
    await install(join(work, 'temporal'), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Through a rename, so that a second installer or a crash never leaves half a file. */
async function install(built: string, target: string): Promise<void> {
  const staged = `${target}.${process.pid}`;
  await run('cp', [built, staged], DOWNLOAD_TIMEOUT_MS, process.env);
  await chmod(staged, 0o755);
  await rename(staged, target);
}

function run(command: string, args: readonly string[], timeoutMs: number, environment: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: environment, timeout: timeoutMs, stdio: ['ignore', 'ignore', 'pipe'] });
    let tail = '';
    child.stderr.on('data', (text: Buffer) => (tail = (tail + text.toString()).slice(-500)));
    child.on('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}: ${tail.trim().split('\n').at(-1) ?? ''}`));
    });
  });
}

async function findOnPath(name: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(directory || '.', name);
    if (directory && (await isExecutable(path))) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
