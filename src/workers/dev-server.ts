/** The Temporal development server with its Web UI, on a SQLite file, as a child process of this one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { TallylineFailure } from '../core/failures';
import { endOrphanedServer, forgetServer, noteServer } from './orphaned-server';

const START_TIMEOUT_MS = 60_000;
const START_TRIES_MAX = 3;
/** The exit code of a Go program that panics. */
const GO_PANIC = 2;
const STOP_TIMEOUT_MS = 10_000;
const TRANSFER_POLLS_PER_SECOND = 1_000;
const LOOPBACK = '127.0.0.1';

export interface DevServerOptions {
  readonly binary: string;
  readonly databasePath: string;
  readonly namespace: string;
  readonly port: number;
  /** Null: no Web UI. */
  readonly uiPort: number | null;
}

export interface DevServer {
  readonly address: string;
  readonly uiAddress: string | null;
  readonly pid: number;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
  /** At once, as a crash would. */
  kill(): Promise<void>;
}

/**
 * Ends a server that a killed predecessor left on the same database first.
 * Throws `temporal_unavailable` when a port is taken or the server does not answer within START_TIMEOUT_MS.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { databasePath } = options;
  await mkdir(dirname(databasePath), { recursive: true });
  await endOrphanedServer(databasePath);
  await requireFreePort(options.port, 'the Temporal server');
  if (options.uiPort !== null) await requireFreePort(options.uiPort, 'the Temporal Web UI');
  for (let tries = 1; ; tries += 1) {
    const launched = await launch(options);
    if (launched instanceof TallylineFailure && launched.cause instanceof Panicked && tries < START_TRIES_MAX) continue;
    if (launched instanceof TallylineFailure) throw launched;
    return launched;
  }
}

/** The server ended as Go programs end that panic: it chose a port for itself that another program took in the same instant, say. */
class Panicked extends Error {}

/** Returns why it did not start. */
async function launch(options: DevServerOptions): Promise<DevServer | TallylineFailure> {
  const { databasePath } = options;
  // In a process group of its own: Ctrl-C in a terminal is for us, and the server must outlive the worker that drains.
  const child = spawn(options.binary, serverArguments(options), { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const tail = keepTail(child);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve())).then(async () => {
    process.off('exit', endWithUs);
    await forgetServer(databasePath);
  });
  if (child.pid !== undefined) await noteServer(databasePath, { pid: child.pid, parentPid: process.pid });
  const address = `${LOOPBACK}:${options.port}`;
  try {
    await waitUntilServing(address, options.namespace, child);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    const fact = `the Temporal server at ${address} did not start: ${tail() || String(error)}`;
    return new TallylineFailure('temporal_unavailable', fact, { cause: error });
  }
  return {
    address,
    uiAddress: options.uiPort === null ? null : `http://${LOOPBACK}:${options.uiPort}`,
    pid: child.pid ?? 0,
    exited,
    stop: () => stop(child, exited),
    kill: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

export async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

function serverArguments(options: DevServerOptions): string[] {
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(options.port), '--namespace', options.namespace],
    ...(options.uiPort === null ? ['--headless'] : ['--ui-ip', LOOPBACK, '--ui-port', String(options.uiPort)]),
    ...['--db-filename', options.databasePath, '--log-level', 'error'],
    // Nearly three times the rate of the defaults. NORMAL may lose the last moments on power loss: the sink, which is FULL, decides.
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    // Its default of 20 a second and shard lets the steps of a quiet server wait for the next twentieth of a second: twice the time of a file.
    ...['--dynamic-config-value', `history.transferProcessorMaxPollRPS=${TRANSFER_POLLS_PER_SECOND}`],
  ];
}

function requireFreePort(port: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new TallylineFailure(
          'temporal_unavailable',
          `port ${port} on ${LOOPBACK}, which ${what} needs, cannot be used (${error.code ?? error.message}). ` +
            'Stop what listens there, or choose other ports with --port and --ui-port',
        ),
      ),
    );
    server.listen(port, LOOPBACK, () => server.close(() => resolve()));
  });
}

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  child.on('error', (error) => (tail = error.message));
  child.stderr?.on('data', (text: Buffer) => (tail = (tail + text.toString()).slice(-1_000)));
  return () => tail.trim();
}

async function waitUntilServing(address: string, namespace: string, child: ChildProcess): Promise<void> {
  const endsAtMs = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode === GO_PANIC) throw new Panicked('it panicked');
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1s' });
      try {
        await connection.workflowService.describeNamespace({ namespace });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (Date.now() >= endsAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}
