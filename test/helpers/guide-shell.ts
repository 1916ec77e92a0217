/** A folder in which commands of the guides are run by a shell, word for word: the programs that they name are on its PATH. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { openSink } from '../../src/sinks/open-sink';
import type { FileRow, TotalsRow } from '../../src/sinks/sink';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from './eventually';
import { REPOSITORY } from './guide-commands';
import { prometheusProgram } from './prometheus-bed';
import { PIPELINE } from './test-bed';

const TIMEOUT_MS = 90_000;
const LONG_AGO = new Date(Date.now() - 3_600_000);
/** For machines without the program of this name; only `sqlite3 FILE SQL` is needed. */
const SQLITE3 = `new (require(${JSON.stringify(require.resolve('better-sqlite3'))}))(process.argv[2]).exec(process.argv[3])`;

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Background {
  /** As its operator would with Ctrl+C. */
  stop(): Promise<void>;
}

export class GuideShell {
  private readonly children: ChildProcess[] = [];

  private constructor(
    readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async create(environment: Record<string, string> = {}): Promise<GuideShell> {
    const folder = await mkdtemp(join(tmpdir(), 'tallyline-guide-'));
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeScript(join(bin, 'tallyline'), `#!/bin/sh\nexec '${process.execPath}' '${join(REPOSITORY, 'bin', 'tallyline')}' "$@"\n`);
    await symlink(await findOrInstallTemporal(() => undefined), join(bin, 'temporal'));
    const tctl = process.env['TALLYLINE_TCTL'];
    if (tctl !== undefined) await symlink(tctl, join(bin, 'tctl'));
    for (const name of ['promtool', 'amtool']) await symlink(prometheusProgram(name), join(bin, name));
    const hasSqlite = (process.env['PATH'] ?? '').split(delimiter).some((each) => existsSync(join(each, 'sqlite3')));
    if (!hasSqlite) await writeScript(join(bin, 'sqlite3'), `#!${process.execPath}\n${SQLITE3}\n`);
    await symlink(join(REPOSITORY, 'deploy'), join(folder, 'deploy'));
    return new GuideShell(folder, { ...givenEnvironment(), PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, ...environment });
  }

  async run(text: string, input = ''): Promise<Ended> {
    const options = { cwd: this.folder, env: this.environment, timeout: TIMEOUT_MS, maxBuffer: 1 << 26 };
    return await new Promise((done) => {
      const child = execFile('bash', ['-o', 'pipefail', '-c', text], options, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        done({ status, stdout, stderr: status === -1 ? `${stderr}${error?.message ?? ''}` : stderr });
      });
      // One that asks nothing may have ended already.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }

  /** Throws unless it ends with 0. */
  async must(text: string): Promise<Ended> {
    const ended = await this.run(text);
    if (ended.status !== 0) throw new Error(`${text} ended with ${ended.status}: ${ended.stderr}`);
    return ended;
  }

  /** Resolves when it says `ready`. */
  async start(text: string, ready: RegExp, environment: Record<string, string> = {}): Promise<Background> {
    const env = { ...this.environment, ...environment };
    const child = spawn('bash', ['-c', `exec ${text}`], { cwd: this.folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.children.push(child);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(`${text} to say ${String(ready)}`, () => ready.test(said) || hasEnded(child)).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${said}`);
    });
    if (!ready.test(said)) throw new Error(`${text} ended with ${String(child.exitCode)}: ${said}`);
    return { stop: () => end(child, 'SIGTERM') };
  }

  /** As a good emitter writes a file, long enough ago for it to be settled. */
  async put(name: string, content: string, modified = LONG_AGO): Promise<void> {
    const path = join(this.folder, 'incoming', name);
    const staged = join(dirname(path), `.${basename(name)}.part`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(staged, content);
    await utimes(staged, modified, modified);
    await rename(staged, path);
  }

  async rows(): Promise<readonly FileRow[]> {
    return await this.withSink((sink) => sink.listFiles({ pipeline: PIPELINE, afterSequence: 0, limit: 1_000 }));
  }

  async totals(): Promise<readonly TotalsRow[]> {
    return (await this.withSink((sink) => sink.readTotals({ pipeline: PIPELINE, limit: 1_000 }))).rows;
  }

  /** Resolves when the latest generation of each of these is in this state, to the last of them. */
  async until(state: FileRow['state'], ...names: readonly string[]): Promise<FileRow> {
    return await eventually(`${names.join(', ')} to be ${state}`, async () => {
      const rows = await this.rows();
      const latest = names.map((name) => rows.filter(({ sourceKey }) => sourceKey === name).at(-1));
      return latest.every((row) => row?.state === state) ? latest.at(-1) : undefined;
    }).catch(async (error: unknown) => {
      const rows = (await this.rows()).map((row) => `${row.sourceKey} ${row.state} ${row.reason ?? ''} ${row.detail ?? ''}`);
      throw new Error(`${String(error)}\n${rows.join('\n')}`);
    });
  }

  async destroy(): Promise<void> {
    await Promise.all(this.children.map((child) => end(child, 'SIGTERM')));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Opened for each question, since a guide may put another database in its place. */
  private async withSink<Value>(ask: (sink: Awaited<ReturnType<typeof openSink>>) => Promise<Value>): Promise<Value> {
    const sink = await openSink({ kind: 'sqlite', path: join(this.folder, '.tallyline', 'tallyline.db') });
    try {
      return await ask(sink);
    } finally {
      await sink.close();
    }
  }
}

/** Of whoever runs the tests, without what would send commands to another server or configuration. */
function givenEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(?:TEMPORAL_|TALLYLINE_(?:CONFIG|LOG_LEVEL|BUILD_ID)$)/.test(name));
  return Object.fromEntries(entries);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
}

async function writeScript(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}
