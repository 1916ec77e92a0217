/** One daemon of a cluster, as a child of this process: killed by the pid that was started, and started again. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

export interface CephDaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Where what it says goes. */
  readonly logFile: string;
  readonly isReady: () => Promise<boolean>;
  /** It runs, or does not any more. */
  readonly onChange: () => void;
}

const START_MS_MAX = 60_000;
const ASK_AGAIN_MS = 20;
const TOOL_MS_MAX = 60_000;

export class CephDaemon {
  private child: ChildProcess | undefined;

  constructor(private readonly options: CephDaemonOptions) {}

  /** Of the running one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    if (this.child !== undefined) throw new Error(`${this.options.program} runs already`);
    const { program, args, logFile, onChange } = this.options;
    const log = openSync(logFile, 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log], env: cephEnvironment(), detached: true });
    closeSync(log);
    this.child = child;
    child.once('exit', () => {
      if (this.child === child) this.child = undefined;
      onChange();
    });
    child.unref();
    onChange();
    await this.answers();
  }

  /** It dies without a word, as by a power cut. Resolves when nothing is left of it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.kill(signal);
    await exited;
  }

  private async answers(): Promise<void> {
    const { program, logFile, isReady } = this.options;
    const untilMs = Date.now() + START_MS_MAX;
    while (!(await isReady().catch(() => false))) {
      if (this.child === undefined || Date.now() > untilMs) {
        const end = this.child === undefined ? 'ended' : `did not answer within ${START_MS_MAX} ms`;
        throw new Error(`${program} ${end}:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

/** Nothing of the machine's own Ceph, if it has one. */
function cephEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C' };
}

/** Asks a daemon through its own socket: the cluster's maps may still say that its dead predecessor is up. */
export async function askCephDaemon(socketPath: string, command: string): Promise<Record<string, unknown>> {
  const socket = connect(socketPath);
  try {
    socket.write(`${JSON.stringify({ prefix: command })}\0`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    // Its length comes first.
    return JSON.parse(Buffer.concat(chunks).subarray(4).toString()) as Record<string, unknown>;
  } finally {
    socket.destroy();
  }
}

export function runCephTool(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: cephEnvironment(), timeout: TOOL_MS_MAX });
}
