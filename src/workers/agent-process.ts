/** The publisher at an emitter: lists and counts the volumes of its host on task queues of their own. It has no database. */
import { setMaxListeners } from 'node:events';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { createAgentActivities } from '../activities/agent-activities';
import type { AgentDependencies, PipelineRuntime } from '../activities/dependencies';
import type { Config } from '../config/config';
import { agentQueues } from '../contracts/task-queues';
import { assertInvariant } from '../core/failures';
import { AGENT_SPLITS_MAX } from '../core/limits';
import { ThreadPool } from '../kernel/thread-pool';
import type { Metrics } from '../observability/metrics';
import { createActivityMetrics } from './activity-metrics';
import { runUntil } from './apply-role';
import { openExchange } from './bucket-exchange';
import { createAgentRuntime } from './pipelines';
import { createActivityWorker, toWorkerOptions } from './role-worker';
import { applySchedule } from './schedule';
import { requireSearchAttributes } from './search-attribute-setup';
import { clientOptions } from './temporal-target';

const LISTINGS_MAX = 4;

export interface AgentProcessOptions {
  readonly config: Config;
  /** By pipeline. */
  readonly sourceIds: ReadonlyMap<string, string>;
  readonly connection: NativeConnection;
  readonly metrics: Metrics;
  readonly drain: AbortSignal;
}

export class AgentProcess {
  private readonly running: Promise<unknown>[] = [];
  private readonly ending = new AbortController();
  private readonly stop: AbortSignal;
  readonly pool: ThreadPool;

  private constructor(private readonly options: AgentProcessOptions) {
    this.stop = AbortSignal.any([options.drain, this.ending.signal]);
    setMaxListeners(0, this.stop);
    this.pool = new ThreadPool({ threads: options.config.worker.threads });
  }

  /** Throws TallylineFailure when Temporal or a volume is not as it must be. */
  static async start(options: AgentProcessOptions): Promise<AgentProcess> {
    const agent = new AgentProcess(options);
    try {
      await requireSearchAttributes(options.connection, options.config.temporal.namespace);
      await agent.startQueues();
      return agent;
    } catch (error) {
      agent.ending.abort(error);
      await agent.run().catch(() => undefined);
      throw error;
    }
  }

  problems(): Promise<readonly string[]> {
    return Promise.resolve(this.stop.aborted ? ['the agent is draining'] : []);
  }

  async run(): Promise<void> {
    await Promise.all(this.running);
    await this.pool.close();
    if (this.ending.signal.aborted) throw this.ending.signal.reason;
  }

  private async startQueues(): Promise<void> {
    const { config, connection, sourceIds } = this.options;
    const served = config.pipelines.flatMap((pipeline) => {
      const sourceId = sourceIds.get(pipeline.name);
      return sourceId === undefined ? [] : [{ pipeline, sourceId, runtime: createAgentRuntime(config, pipeline, sourceId) }];
    });
    const activities = createAgentActivities(this.dependencies(served.map(({ runtime }) => runtime)));
    const client = new Client({ connection, ...clientOptions(config.temporal) });
    // Pipelines of one volume share its queues.
    for (const sourceId of new Set(sourceIds.values())) {
      const queues = agentQueues(sourceId);
      await this.poll(queues.scan, activities, LISTINGS_MAX);
      await this.poll(queues.count, activities, AGENT_SPLITS_MAX);
    }
    for (const { pipeline, sourceId } of served)
      await applySchedule(client, { pipeline: pipeline.name, sourceId, timing: pipeline.schedule, isAgent: true });
    this.pool.begin();
  }

  /** Of no deployment of worker versioning: hosts are not upgraded together with the fleet, and what an agent takes is one activity. */
  private async poll(taskQueue: string, activities: object, slots: number): Promise<void> {
    const { config, connection } = this.options;
    const worker = await createActivityWorker({ taskQueue, activities, slots }, toWorkerOptions(config, connection));
    // Never rejects: why it ended by itself is why everything ends.
    this.running.push(runUntil(this.stop, worker).catch((error: unknown) => this.ending.abort(error)));
  }

  private dependencies(runtimes: readonly PipelineRuntime[]): AgentDependencies {
    const { config, metrics } = this.options;
    assertInvariant(config.exchange !== undefined, 'an agent without an exchange');
    return {
      pipelines: new Map(runtimes.map((runtime) => [runtime.pipeline, runtime])),
      exchange: openExchange(config.exchange),
      counting: this.pool,
      metrics: createActivityMetrics(metrics),
      now: Date.now,
      draining: this.stop,
    };
  }
}
