/** One worker process: opens the sink, connects, runs a Temporal worker a role, and drains on request. The composition root. */
import { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/create-activities';
import type { ActivityDependencies, PipelineRuntime } from '../activities/dependencies';
import type { Config } from '../config/config';
import { toSinkOptions } from '../config/convert';
import type { Role } from '../contracts/task-queues';
import { TallylineFailure } from '../core/failures';
import { ThreadPool } from '../kernel/thread-pool';
import type { Metrics } from '../observability/metrics';
import { tryTakeApplyLock } from '../sinks/apply-lock';
import { openSink } from '../sinks/open-sink';
import type { Sink } from '../sinks/sink';
import { createActivityMetrics } from './activity-metrics';
import { runApplyRole } from './apply-role';
import { createPipelineRuntimes, registerPipelines } from './pipelines';
import { createRoleWorker } from './role-worker';
import { missingSearchAttributes } from './search-attribute-setup';
import { createWake } from './wake';

export interface WorkerProcessOptions {
  readonly config: Config;
  readonly roles: readonly Role[];
  readonly connection: NativeConnection;
  readonly metrics: Metrics;
  /** Abort it to drain: take nothing new, finish within the grace, end. */
  readonly drain: AbortSignal;
}

export class WorkerProcess {
  private readonly running: Promise<unknown>[] = [];
  private readonly pipelines: ReadonlyMap<string, PipelineRuntime>;
  private state: 'starting' | 'running' | 'draining' = 'starting';

  private constructor(
    private readonly options: WorkerProcessOptions,
    readonly sink: Sink,
    private readonly pool: ThreadPool,
  ) {
    this.pipelines = createPipelineRuntimes(options.config);
  }

  /** Throws TallylineFailure when the sink, the pipelines or Temporal are not as they must be. */
  static async start(options: WorkerProcessOptions): Promise<WorkerProcess> {
    const { config, connection } = options;
    const missing = await missingSearchAttributes(connection, config.temporal.namespace);
    if (missing.length > 0) {
      throw new TallylineFailure(
        'temporal_unavailable',
        `namespace ${config.temporal.namespace} lacks the search attributes ${missing.join(', ')}; run \`tallyline setup\``,
      );
    }
    const sink = await openSink(toSinkOptions(config));
    const pool = new ThreadPool({ threads: config.worker.threads });
    const worker = new WorkerProcess(options, sink, pool);
    try {
      await registerPipelines(sink, config);
      await worker.meetSources();
      await worker.startRoles();
      return worker;
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  /** Why the worker is not ready, or nothing. */
  async problems(): Promise<readonly string[]> {
    if (this.state !== 'running') return [`the worker is ${this.state}`];
    const rows = await this.sink.listPipelines();
    return rows.filter((row) => row.stopReason !== null).map((row) => `pipeline ${row.pipeline} is stopped: ${row.stopReason ?? ''}`);
  }

  /** Resolves when every role has drained; rejects when one ends by itself. */
  async run(): Promise<void> {
    try {
      await Promise.all(this.running);
    } finally {
      await this.close();
    }
  }

  /** The first look at each root is what later ones are held against. A source that is away now is no reason not to start. */
  private async meetSources(): Promise<void> {
    await Promise.allSettled([...this.pipelines.values()].map(({ source }) => source.probe()));
  }

  private async startRoles(): Promise<void> {
    const { roles, drain } = this.options;
    const create = this.workerFactory();
    for (const role of roles) {
      if (role === 'apply') continue;
      const worker = await create(role);
      this.running.push(worker.run());
      // A signal during the start came before there was anybody to listen.
      if (drain.aborted) this.shutDown(worker);
      else drain.addEventListener('abort', () => this.shutDown(worker), { once: true });
    }
    if (roles.includes('apply')) this.running.push(this.startApplyRole(create));
    this.state = 'running';
    drain.addEventListener('abort', () => (this.state = 'draining'), { once: true });
  }

  private async startApplyRole(create: (role: Role) => Promise<Worker>): Promise<void> {
    const sinkOptions = toSinkOptions(this.options.config);
    const tryTakeLock = () => tryTakeApplyLock(sinkOptions.path);
    await runApplyRole({ tryTakeLock, createWorker: () => create('apply'), stop: this.options.drain });
  }

  private workerFactory(): (role: Role) => Promise<Worker> {
    const { config, connection } = this.options;
    const { namespace } = config.temporal;
    const activities = createActivities(this.dependencies(new Client({ connection, namespace })));
    return (role) =>
      createRoleWorker(role, {
        connection,
        namespace,
        activities,
        shutdownGraceMs: config.worker.shutdownGraceMs,
        checkpointIntervalMs: Math.min(...config.pipelines.map((pipeline) => pipeline.checkpoint.intervalMs)),
        windowFiles: config.pipelines.reduce((sum, pipeline) => sum + pipeline.window.files, 0),
      });
  }

  private dependencies(client: Client): ActivityDependencies {
    return {
      pipelines: this.pipelines,
      sink: this.sink,
      counting: this.pool,
      wake: createWake(client),
      metrics: createActivityMetrics(this.options.metrics),
      now: Date.now,
      draining: this.options.drain,
    };
  }

  private shutDown(worker: Worker): void {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  }

  private async close(): Promise<void> {
    await this.pool.close();
    await this.sink.close();
  }
}
