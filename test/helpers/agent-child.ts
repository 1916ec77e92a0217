/** An agent as a process of its own, with a volume and a configuration that names no database. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { WorkerChild, type TestBed } from './test-bed';

export interface AgentOptions {
  readonly bed: TestBed;
  readonly name: string;
  readonly exchange: Record<string, unknown>;
  readonly pipeline: Record<string, unknown>;
  readonly worker?: Record<string, unknown>;
  readonly environment: Record<string, string>;
}

export class AgentChild {
  private constructor(
    readonly folder: string,
    private readonly options: AgentOptions,
  ) {}

  static async create(options: AgentOptions): Promise<AgentChild> {
    const { bed, name, exchange, pipeline, worker } = options;
    const agent = new AgentChild(join(bed.folder, name), options);
    await mkdir(agent.volume, { recursive: true });
    const config = {
      temporal: { address: bed.server.address },
      exchange,
      worker: { metricsAddress: '127.0.0.1:0', shutdownGrace: '5s', threads: 1, ...worker },
      pipelines: [pipeline],
    };
    await writeFile(agent.configPath, stringify(config));
    return agent;
  }

  get volume(): string {
    return join(this.folder, 'volume');
  }

  get configPath(): string {
    return join(this.folder, 'agent.yaml');
  }

  /** Resolves when it polls. It is ended with the bed. */
  async start(...more: readonly string[]): Promise<WorkerChild> {
    const child = new WorkerChild(['agent', '--config', this.configPath, ...more], this.options.environment);
    this.options.bed.workers.push(child);
    await child.ready;
    return child;
  }
}
