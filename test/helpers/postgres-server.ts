/** A Postgres server of a test's own: on loopback, on a free port, in a folder that goes with it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { PostgresSinkOptions } from '../../src/sinks/postgres-options';
import { freePort } from './free-port';
import { postgresProgram, serverUser } from './postgres-binaries';
import { newServerFolder } from './server-folder';

const MEMORY_BYTES_MIN = 4 * 1024 ** 3;
const START_MS_MAX = 60_000;
const USER = 'tallyline';

/** What makes a small server start fast. What it promises about commits is left as it is. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_wal_size: '2GB',
  max_connections: '60',
  wal_level: 'replica',
  // What a killed server leaves behind lies in its folder.
  dynamic_shared_memory_type: 'mmap',
  wal_keep_size: '256MB',
  max_wal_senders: '4',
  log_min_messages: 'warning',
};

export type Settings = Readonly<Record<string, string>>;

let schemas = 0;

export class PostgresServer {
  private copies = 0;
  private process: ChildProcess | undefined;
  private guard: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private settings: Settings,
  ) {}

  /** With an empty database. */
  static async start(settings: Settings = {}): Promise<PostgresServer> {
    const server = new PostgresServer(newFolder(), await freePort(), settings);
    const args = ['--pgdata', server.data, '--username', USER, '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'];
    runProgram('initdb', args);
    await server.run();
    return server;
  }

  /** A copy of `primary` that follows it. It needs `wal_level` and is not started. */
  static async copyOf(primary: PostgresServer, settings: Settings = {}): Promise<PostgresServer> {
    const server = new PostgresServer(newFolder(), await freePort(), settings);
    server.copyFrom(primary);
    return server;
  }

  /** Where its tables lie; another folder after each copy, since what is left of a killed server may still use the last one. */
  get data(): string {
    return join(this.folder, this.copies === 0 ? 'data' : `data-${this.copies}`);
  }

  /** A file in the server's folder that the server may read and nobody else. */
  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    const user = serverUser();
    if (user) chownSync(path, user.uid, user.gid);
    return path;
  }

  /** Becomes what `primary` is, and would follow it; it must not run. */
  copyFrom(primary: PostgresServer): void {
    this.copies += 1;
    const source = `host=127.0.0.1 port=${primary.port} user=${USER} application_name=copy`;
    const args = [
      '--pgdata',
      this.data,
      '--dbname',
      source,
      '--checkpoint=fast',
      '--wal-method=stream',
      '--no-sync',
      '--write-recovery-conf',
    ];
    runProgram('pg_basebackup', args);
  }

  async run(settings: Settings = this.settings): Promise<void> {
    this.settings = settings;
    const all = { ...SETTINGS, ...settings, port: String(this.port) };
    const args = ['-D', this.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const log = openSync(join(this.folder, 'log'), 'a');
    this.process = spawn(postgresProgram('postgres'), args, { ...serverUser(), cwd: this.folder, stdio: ['ignore', log, log] });
    closeSync(log);
    this.guard?.kill('SIGKILL');
    this.guard = guardServer(this.folder, this.data);
    await this.answers();
  }

  /** As run, as a standby of `primary` that is known there by `name`. */
  async follow(primary: PostgresServer, name: string): Promise<void> {
    const source = `host=127.0.0.1 port=${primary.port} user=${USER} application_name=${name}`;
    await this.run({ ...this.settings, primary_conninfo: source });
  }

  /** One statement, as the owner of everything. */
  async query(sql: string, values: unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ host: '127.0.0.1', port: this.port, user: USER, database: 'postgres', connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query(sql, values);
      return rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  /** The server dies without a word, as by a power cut of its machine. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGINT');
  }

  async remove(): Promise<void> {
    await this.end('SIGQUIT');
    this.guard?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  /** How a sink reaches it, in a schema that nobody else has. */
  options(more: Partial<PostgresSinkOptions> = {}): PostgresSinkOptions {
    return {
      kind: 'postgres',
      hosts: [{ host: '127.0.0.1', port: this.port }],
      database: 'postgres',
      user: USER,
      schema: `test_${(schemas += 1)}`,
      tls: { mode: 'disable' },
      connections: 8,
      ...more,
    };
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { process: child } = this;
    this.process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  private async answers(): Promise<void> {
    const untilMs = Date.now() + START_MS_MAX;
    for (;;) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        const ended = this.process?.exitCode ?? null;
        if (ended !== null || Date.now() > untilMs) throw new Error(`the server did not start (${String(error)}):\n${this.log()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

function newFolder(): string {
  const folder = newServerFolder('postgres', MEMORY_BYTES_MIN);
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}

function runProgram(name: string, args: readonly string[]): void {
  const result = spawnSync(postgresProgram(name), args, { ...serverUser(), cwd: '/', encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${name} ended with ${String(result.status)}: ${result.stderr}`);
}

/** Ends the server when this process dies, however that happens: its end of the pipe closes. */
function guardServer(folder: string, data: string): ChildProcess {
  const script = 'read _; kill -QUIT "$(head -n 1 "$1/postmaster.pid")"; sleep 1; rm -rf "$0"';
  const guard = spawn('sh', ['-c', script, folder, data], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}
