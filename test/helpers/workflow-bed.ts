/** The real workflows on a real server, with activities that the test gives: what is orchestrated is seen without what is counted. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { AgentActivities, IntakeActivities } from '../../src/contracts/agent-types';
import type { ApplyActivities, CountActivities, ScanActivities } from '../../src/contracts/activity-types';
import { agentQueues, TASK_QUEUES } from '../../src/contracts/task-queues';
import { findFreePort, startDevServer, type DevServer } from '../../src/workers/dev-server';
import { setUpSearchAttributes } from '../../src/workers/search-attribute-setup';
import { findOrInstallTemporal } from '../../src/workers/temporal-binary';

const BUNDLE = resolve(__dirname, '..', '..', 'dist', 'workflow-bundle.js');
let isRuntimeInstalled = false;

export interface GivenActivities {
  readonly scan?: Partial<ScanActivities>;
  readonly count?: Partial<CountActivities>;
  readonly apply?: Partial<ApplyActivities>;
  readonly intake?: Partial<IntakeActivities>;
  /** Of AGENT_SOURCE, which lists and counts. */
  readonly agent?: Partial<AgentActivities>;
}

export const AGENT_SOURCE = 'host-7';

export class WorkflowBed {
  private constructor(
    private readonly folder: string,
    private readonly server: DevServer,
    private readonly connection: Connection,
    private readonly native: NativeConnection,
    readonly client: Client,
  ) {}

  static async create(): Promise<WorkflowBed> {
    if (!isRuntimeInstalled) {
      Runtime.install({ logger: new DefaultLogger('ERROR') });
      isRuntimeInstalled = true;
    }
    const folder = await mkdtemp(join(tmpdir(), 'tallyline-workflows-'));
    const binary = await findOrInstallTemporal(() => undefined);
    const port = await findFreePort();
    const server = await startDevServer({ binary, databasePath: join(folder, 'temporal.db'), namespace: 'default', port, uiPort: null });
    const connection = await Connection.connect({ address: server.address });
    await setUpSearchAttributes(connection, 'default');
    const native = await NativeConnection.connect({ address: server.address });
    return new WorkflowBed(folder, server, connection, native, new Client({ connection }));
  }

  get address(): string {
    return this.server.address;
  }

  /** Runs `work` while workers with these activities poll. `maxCachedWorkflows: 0` replays every workflow task from its history. */
  async with<Result>(activities: GivenActivities, work: () => Promise<Result>, maxCachedWorkflows = 50): Promise<Result> {
    const workers = [
      await Worker.create({
        connection: this.native,
        taskQueue: TASK_QUEUES.orchestrate,
        workflowBundle: { codePath: BUNDLE },
        maxCachedWorkflows,
      }),
    ];
    const { agent } = activities;
    const given = [
      ...(['scan', 'count', 'apply', 'intake'] as const).map((role) => [TASK_QUEUES[role], activities[role]] as const),
      ...Object.values(agentQueues(AGENT_SOURCE)).map((queue) => [queue, agent] as const),
    ];
    for (const [taskQueue, of] of given) {
      if (of) workers.push(await Worker.create({ connection: this.native, taskQueue, activities: of }));
    }
    const running = workers.map((worker) => worker.run());
    try {
      return await work();
    } finally {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
    }
  }

  async destroy(): Promise<void> {
    await this.native.close();
    await this.connection.close();
    await this.server.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** For an activity that ends only by a cancel: heartbeats, which is how it learns of one, or that its workflow is gone. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}
