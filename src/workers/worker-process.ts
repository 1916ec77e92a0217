/** One worker process: opens the sink, connects, runs a Temporal worker a role, and drains on request. The composition root. */
import { setMaxListeners } from 'node:events';
import { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/create-activities';
import type { ActivityDependencies } from '../activities/dependencies';
import type { Config } from '../config/config';
import { toSinkOptions } from '../config/convert';
import { TASK_QUEUES, type Role } from '../contracts/task-queues';
import { TallylineFailure } from '../core/failures';
import { INTAKE_ACTIVITIES_MAX } from '../core/limits';
import { ThreadPool } from '../kernel/thread-pool';
import type { Metrics } from '../observability/metrics';
import { tryTakeApplyLock } from '../sinks/apply-lock';
import { openSink } from '../sinks/open-sink';
import type { Sink } from '../sinks/sink';
import { createActivityMetrics } from './activity-metrics';
import { runApplyRole, runUntil } from './apply-role';
import { openExchange } from './bucket-exchange';
import { createPipelineRuntimes, registerPipelines, sourcesOf, type PipelineRuntimes } from './pipelines';
import { createActivityWorker, createWorkflowWorker, toWorkerOptions, type QueueOptions, type RoleWorkerOptions } from './role-worker';
import { requireSearchAttributes } from './search-attribute-setup';
import { clientOptions } from './temporal-target';
import { createWake } from './wake';

const SCAN_ACTIVITIES_MAX = 20;

type ActivityQueue = Exclude<Role, 'orchestrate'> | 'intake';

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
  private readonly pipelines: PipelineRuntimes;
  /** Aborted when one part ends by itself: the others drain then, since none of them works alone. */
  private readonly ending: AbortController;
  private readonly stop: AbortSignal;
  private state: 'starting' | 'running' | 'draining' = 'starting';

  private constructor(
    private readonly options: WorkerProcessOptions,
    readonly sink: Sink,
    readonly pool: ThreadPool,
    ending: AbortController,
  ) {
    this.pipelines = createPipelineRuntimes(options.config);
    this.ending = ending;
    this.stop = AbortSignal.any([options.drain, ending.signal]);
    setMaxListeners(0, this.stop);
  }

  /** Throws TallylineFailure when the sink, the pipelines or Temporal are not as they must be. */
  static async start(options: WorkerProcessOptions): Promise<WorkerProcess> {
    const { config, connection } = options;
    await requireSearchAttributes(connection, config.temporal.namespace);
    const ending = new AbortController();
    const sink = await openSink(toSinkOptions(config), { onLost: (failure) => ending.abort(failure) });
    const pool = new ThreadPool({ threads: config.worker.threads });
    const worker = new WorkerProcess(options, sink, pool, ending);
    try {
      await registerPipelines(sink, config);
      await worker.meetSources();
      await worker.startRoles();
      return worker;
    } catch (error) {
      ending.abort(error);
      await worker.run().catch(() => undefined);
      throw error;
    }
  }

  /** Why the worker is not ready, or nothing. */
  async problems(): Promise<readonly string[]> {
    if (this.state !== 'running') return [`the worker is ${this.state}`];
    const rows = await this.sink.listPipelines();
    return rows.filter((row) => row.stopReason !== null).map((row) => `pipeline ${row.pipeline} is stopped: ${row.stopReason ?? ''}`);
  }

  /** Resolves when every role has drained; rejects with why, when one ended by itself and the others drained after it. */
  async run(): Promise<void> {
    // What all of them use is closed only after the last.
    await Promise.all(this.running);
    await this.pool.close();
    await this.sink.close();
    if (this.ending.signal.aborted) throw this.ending.signal.reason;
  }

  /**
   * The first look at each root is what later ones are held against. A source that is away now is no reason not to start; one whose
   * endpoint does not keep what exact totals need is.
   */
  private async meetSources(): Promise<void> {
    const looks = await Promise.allSettled(sourcesOf(this.pipelines).map(({ source }) => source.probe()));
    for (const look of looks) {
      if (look.status !== 'rejected') continue;
      const reason: unknown = look.reason;
      if (reason instanceof TallylineFailure && reason.code === 'source_unfit') throw reason;
    }
    if (this.options.roles.includes('scan')) await this.requireSafeDisposals();
  }

  /** Throws config_invalid where another file than the counted one could be hit. A source that is away is looked at with each scan. */
  private async requireSafeDisposals(): Promise<void> {
    for (const { source, afterCounting } of sourcesOf(this.pipelines)) {
      if (afterCounting === undefined) continue;
      await source.checkDisposal(afterCounting.action).catch((error: unknown) => {
        if (error instanceof TallylineFailure && error.code === 'config_invalid') throw error;
      });
    }
  }

  private async startRoles(): Promise<void> {
    const { roles } = this.options;
    const create = this.queueFactory();
    for (const role of roles) {
      if (role === 'orchestrate') this.keep(runUntil(this.stop, await createWorkflowWorker(this.workerOptions())));
      else this.keep(role === 'apply' ? this.runApplyRole(() => create('apply')) : runUntil(this.stop, await create(role)));
    }
    const hasAgents = this.options.config.pipelines.some(({ source }) => source.kind === 'agent');
    // Without the lock of a database file: it waits for applies, and any number may wait.
    if (hasAgents && roles.includes('apply')) this.keep(runUntil(this.stop, await create('intake')));
    if (roles.includes('count')) this.pool.begin();
    this.state = 'running';
    this.stop.addEventListener('abort', () => (this.state = 'draining'), { once: true });
  }

  /** Never rejects: why it ended by itself is why everything ends. */
  private keep(role: Promise<void>): void {
    this.running.push(role.catch((error: unknown) => this.ending.abort(error)));
  }

  /** Where the sink is a file one process applies at a time; a server lets them all, and the pipeline's row puts them in order. */
  private async runApplyRole(createWorker: () => Promise<Worker>): Promise<void> {
    const { sink } = this.options.config;
    if (sink.kind !== 'sqlite') return await runUntil(this.stop, await createWorker());
    await runApplyRole({ tryTakeLock: () => tryTakeApplyLock(sink.path), createWorker, stop: this.stop });
  }

  private queueFactory(): (name: ActivityQueue) => Promise<Worker> {
    const { config, connection } = this.options;
    const client = new Client({ connection, ...clientOptions(config.temporal) });
    const exchange = config.exchange && openExchange(config.exchange);
    const activities = createActivities(this.dependencies(client), exchange);
    const slots: Readonly<Record<ActivityQueue, number>> = {
      scan: SCAN_ACTIVITIES_MAX,
      // Files that wait to be applied while others are counted hold one each.
      count: config.pipelines.reduce((sum, pipeline) => sum + pipeline.window.files, 2 * SCAN_ACTIVITIES_MAX),
      apply: SCAN_ACTIVITIES_MAX,
      intake: INTAKE_ACTIVITIES_MAX,
    };
    const queue = (name: ActivityQueue): QueueOptions => ({
      taskQueue: TASK_QUEUES[name],
      activities: activities[name],
      slots: slots[name],
    });
    return (name) => createActivityWorker(queue(name), this.workerOptions());
  }

  private workerOptions(): RoleWorkerOptions {
    const { config, connection } = this.options;
    const { deployment } = config.worker;
    return { ...toWorkerOptions(config, connection), ...(deployment && { deployment }) };
  }

  private dependencies(client: Client): ActivityDependencies {
    return {
      pipelines: this.pipelines,
      sink: this.sink,
      counting: this.pool,
      ...createWake(client),
      metrics: createActivityMetrics(this.options.metrics),
      now: Date.now,
      draining: this.stop,
    };
  }
}
