/** A pipeline on a real Temporal server in a folder of its own, with real worker processes that can be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { stringify } from 'yaml';
import type { FileState } from '../../src/core/file-row';
import { openSink } from '../../src/sinks/open-sink';
import type { FileRow, Sink, TotalsRow } from '../../src/sinks/sink';
import type { PostgresSinkOptions } from '../../src/sinks/postgres-options';
import { findFreePort, startDevServer, type DevServer } from '../../src/workers/dev-server';
import { setUpSearchAttributes } from '../../src/workers/search-attribute-setup';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';
import { eventually } from './eventually';

const BIN = resolve(__dirname, '..', '..', 'bin', 'tallyline');
export const PIPELINE = 'usage';
export const SOURCE_ID = 'incoming';
const READY = ['worker is ready', 'agent is ready'];

export interface BedOptions {
  /** Merged over the pipeline's configuration. */
  readonly pipeline?: Record<string, unknown>;
  readonly source?: Record<string, unknown>;
  readonly worker?: Record<string, unknown>;
  readonly ui?: boolean;
  /** Beside the one of the bed, each whole. */
  readonly morePipelines?: readonly Record<string, unknown>[];
  /** Of every worker. */
  readonly environment?: Record<string, string>;
  /** In place of a SQLite file in the bed's folder. */
  readonly postgres?: PostgresSinkOptions;
  /** Beside sink and pipelines. */
  readonly more?: Record<string, unknown>;
}

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

export class TestBed {
  readonly workers: WorkerChild[] = [];

  private constructor(
    readonly folder: string,
    readonly options: BedOptions,
    public server: DevServer,
    public connection: Connection,
    public client: Client,
    public sink: Sink,
    private readonly serverPorts: { port: number; uiPort: number | null },
  ) {}

  static async create(options: BedOptions = {}): Promise<TestBed> {
    const folder = await mkdtemp(join(tmpdir(), 'tallyline-bed-'));
    await mkdir(join(folder, 'incoming'));
    const ports = { port: await findFreePort(), uiPort: options.ui ? await findFreePort() : null };
    const server = await startServer(folder, ports);
    const connection = await Connection.connect({ address: server.address });
    await setUpSearchAttributes(connection, 'default');
    const client = new Client({ connection });
    const sink = await openSink(options.postgres ?? { kind: 'sqlite', path: join(folder, 'tallyline.db') });
    const bed = new TestBed(folder, options, server, connection, client, sink, ports);
    await bed.writeConfig();
    return bed;
  }

  get incoming(): string {
    return join(this.folder, 'incoming');
  }

  get configPath(): string {
    return join(this.folder, 'tallyline.yaml');
  }

  async writeConfig(pipeline: Record<string, unknown> = {}, worker: Record<string, unknown> = {}): Promise<void> {
    const config = {
      temporal: { address: this.server.address },
      sink: this.sinkConfig(),
      ...this.options.more,
      worker: { metricsAddress: '127.0.0.1:0', shutdownGrace: '5s', threads: 2, ...this.options.worker, ...worker },
      pipelines: [
        {
          name: PIPELINE,
          source: this.sourceConfig(),
          schedule: { every: '1h' },
          heartbeatTimeout: '2s',
          checkpoint: { interval: '200ms' },
          ...this.options.pipeline,
          ...pipeline,
        },
        ...(this.options.morePipelines ?? []),
      ],
    };
    await writeFile(this.configPath, stringify(config));
  }

  private sourceConfig(): Record<string, unknown> {
    const { source = {} } = this.options;
    // An agent's id lies on its volume.
    if (source['kind'] === 'agent') return { quietPeriod: '0s', ...source };
    const place = source['kind'] === 's3' ? {} : { kind: 'directory', root: './incoming' };
    return { ...place, id: SOURCE_ID, quietPeriod: '0s', ...source };
  }

  private sinkConfig(): Record<string, unknown> {
    const { postgres } = this.options;
    if (postgres === undefined) return { kind: 'sqlite', path: './tallyline.db' };
    return { ...postgres, hosts: postgres.hosts.map(({ host, port }) => `${host}:${port}`) };
  }

  /** Resolves when it polls. */
  async startWorker(roles?: string, environment: Record<string, string> = {}): Promise<WorkerChild> {
    const args = ['worker', '--config', this.configPath, ...(roles === undefined ? [] : ['--roles', roles])];
    const worker = new WorkerChild(args, { ...this.options.environment, ...environment });
    this.workers.push(worker);
    await worker.ready;
    return worker;
  }

  async startScan(): Promise<WorkflowHandle> {
    return await this.client.workflow.start('scanWorkflow', {
      workflowId: `scan:${PIPELINE}:${SOURCE_ID}:${Date.now()}-${Math.random()}`,
      taskQueue: 'tallyline-workflow',
      args: [{ pipeline: PIPELINE, sourceId: SOURCE_ID }],
    });
  }

  async scan(): Promise<Record<string, unknown>> {
    return (await (await this.startScan()).result()) as Record<string, unknown>;
  }

  async files(states?: readonly FileState[]): Promise<readonly FileRow[]> {
    return await this.sink.listFiles({ pipeline: PIPELINE, ...(states ? { states } : {}), afterSequence: 0, limit: 100_000 });
  }

  /** Resolves with all rows once `count` files exist and none is seen, counting or counted. */
  async untilDone(count: number, timeoutMs = 60_000): Promise<readonly FileRow[]> {
    return await eventually(
      `${count} files done`,
      async () => {
        const rows = await this.files();
        const isDone = rows.length >= count && rows.every(({ state }) => !['seen', 'counting', 'counted'].includes(state));
        return isDone ? rows : false;
      },
      timeoutMs,
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await this.describe()}`);
    });
  }

  /** For a test that waited in vain: the rows, and what the workers complained about. */
  private async describe(): Promise<string> {
    const rows = (await this.files()).map((row) => `${row.sourceKey} ${row.state} ${row.reason ?? ''} v${row.version} ${row.detail ?? ''}`);
    const complaints = this.workers.flatMap(({ lines }) => lines.filter((line) => line['level'] !== 'debug' && line['level'] !== 'info'));
    return [...rows.slice(0, 20), ...complaints.slice(-10).map((line) => JSON.stringify(line).slice(0, 1_500))].join('\n');
  }

  /** Of one of several pipelines, with the source that all of them have. */
  async scanOf(pipeline: string): Promise<unknown> {
    return await this.client.workflow.execute('scanWorkflow', {
      workflowId: `scan:${pipeline}:${SOURCE_ID}:${Date.now()}`,
      taskQueue: 'tallyline-workflow',
      args: [{ pipeline, sourceId: SOURCE_ID }],
    });
  }

  async totals(pipeline = PIPELINE): Promise<readonly TotalsRow[]> {
    return (await this.sink.readTotals({ pipeline, limit: 1_000_000 })).rows;
  }

  /** Sum and count over all keys, and by key as text. */
  async sums(pipeline = PIPELINE): Promise<Map<string, bigint>> {
    return new Map((await this.totals(pipeline)).map(({ key, sum }) => [Buffer.from(key).toString(), sum]));
  }

  async runningWorkflows(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { workflowId } of this.client.workflow.list({ query: "ExecutionStatus = 'Running'" })) ids.push(workflowId);
    return ids;
  }

  /** Kills or stops the server and starts it on the same file, or on none of its old memory. */
  async restartServer(how: { readonly signal: 'SIGKILL' | 'SIGTERM'; readonly forget: boolean; readonly awayMs?: number }): Promise<void> {
    process.kill(this.server.pid, how.signal);
    await this.server.exited;
    if (how.awayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, how.awayMs));
    if (how.forget) {
      for (const suffix of ['', '-wal', '-shm']) await rm(join(this.folder, `temporal.db${suffix}`), { force: true });
    }
    this.server = await startServer(this.folder, this.serverPorts);
    await this.connection.close();
    this.connection = await Connection.connect({ address: this.server.address });
    if (how.forget) await setUpSearchAttributes(this.connection, 'default');
    this.client = new Client({ connection: this.connection });
  }

  async reopenSink(): Promise<void> {
    this.sink = await openSink(this.options.postgres ?? { kind: 'sqlite', path: join(this.folder, 'tallyline.db') });
  }

  async destroy(): Promise<void> {
    for (const worker of this.workers) await worker.kill('SIGKILL');
    await this.sink.close().catch(() => undefined);
    await this.connection.close().catch(() => undefined);
    // Nothing of it is kept, so nothing needs to be written down in good order, which takes a second.
    await this.server.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function startServer(folder: string, { port, uiPort }: { port: number; uiPort: number | null }): Promise<DevServer> {
  const binary = await findOrInstallTemporal(() => undefined);
  return await startDevServer({ binary, databasePath: join(folder, 'temporal.db'), namespace: 'default', port, uiPort });
}

/** A worker in a process of its own; its log lines are kept. */
export class WorkerChild {
  readonly lines: LogLine[] = [];
  readonly ready: Promise<void>;
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private rest = '';

  constructor(args: readonly string[], environment: Record<string, string>) {
    this.child = spawn(process.execPath, [BIN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TALLYLINE_LOG_LEVEL: 'debug', ...environment },
    });
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: this.child.stderr! }).on('line', (text) => {
        const line = parseLine(text);
        this.lines.push(line);
        if (READY.includes(line.msg)) resolve();
        if (line['level'] === undefined) this.rest += `${text}\n`;
      });
      void this.exited.then((code) => reject(new Error(`the worker ended with ${code}: ${this.rest}`)));
    });
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Lines with this message. */
  logged(message: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg === message);
  }

  get metricsAddress(): string {
    return String(this.lines.find(({ msg }) => READY.includes(msg))?.['metricsAddress']);
  }

  send(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.exited;
  }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}
