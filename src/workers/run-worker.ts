/** A worker or an agent with everything around it: logs, Temporal's runtime, its connection, metrics and health, and a drain on request. */
import { setFlagsFromString } from 'node:v8';
import { NativeConnection } from '@temporalio/worker';
import type { Config } from '../config/config';
import type { Role } from '../contracts/task-queues';
import { TallylineFailure } from '../core/failures';
import type { Logger } from '../observability/logger';
import { Metrics } from '../observability/metrics';
import { startMetricsServer, type MetricsServer } from '../observability/metrics-server';
import { AgentProcess } from './agent-process';
import { refreshLoadGauges, refreshProcessGauges } from './process-gauges';
import { installRuntime } from './runtime';
import { refreshSinkGauges } from './sink-gauges';
import { toTemporalLogger } from './temporal-logger';
import { connectionOptions } from './temporal-target';
import { packageVersion } from './version';
import { WorkerProcess } from './worker-process';

/** Of each thread begun from here on; by default 16, of which each of the six and more threads of a worker fills its own. */
const THREAD_SEMI_SPACE_MIB = 2;
const CONNECT_TIMEOUT_MS = 60_000;
const CONNECT_AGAIN_MS = 1_000;

export interface RunWorkerOptions {
  readonly config: Config;
  readonly roles: readonly Role[];
  readonly drain: AbortSignal;
  readonly logger: Logger;
  /** Called once it polls. */
  readonly onReady: (ready: { readonly worker: WorkerProcess; readonly metricsAddress: string }) => void;
}

/** Resolves once drained. Throws TallylineFailure when it cannot start. */
export async function runWorker({ config, roles, drain, logger, onReady }: RunWorkerOptions): Promise<void> {
  await runProcess({ config, drain, logger }, async ({ connection, metrics, metricsAddress }) => {
    const worker = await WorkerProcess.start({ config, roles, connection, metrics, drain });
    const pipelines = config.pipelines.map(({ name }) => name);
    refreshSinkGauges(worker.sink, metrics, pipelines, drain);
    refreshProcessGauges(config, metrics, worker.pool, drain);
    return { process: worker, onReady: () => onReady({ worker, metricsAddress }) };
  });
}

export interface RunAgentOptions extends Omit<RunWorkerOptions, 'roles' | 'onReady'> {
  /** By pipeline: the name of the source that its volume has. */
  readonly sourceIds: ReadonlyMap<string, string>;
  readonly onReady: (ready: { readonly metricsAddress: string }) => void;
}

/** Resolves once drained. Throws TallylineFailure when it cannot start. */
export async function runAgent({ config, sourceIds, drain, logger, onReady }: RunAgentOptions): Promise<void> {
  await runProcess({ config, drain, logger }, async ({ connection, metrics, metricsAddress }) => {
    const agent = await AgentProcess.start({ config, sourceIds, connection, metrics, drain });
    refreshLoadGauges(metrics, agent.pool, drain);
    return { process: agent, onReady: () => onReady({ metricsAddress }) };
  });
}

interface RunningProcess {
  /** Why it is not ready, or nothing. */
  problems(): Promise<readonly string[]>;
  /** Resolves when all of it has drained. */
  run(): Promise<void>;
}

interface Surroundings {
  readonly connection: NativeConnection;
  readonly metrics: Metrics;
  readonly metricsAddress: string;
}

async function runProcess(
  { config, drain, logger }: Pick<RunWorkerOptions, 'config' | 'drain' | 'logger'>,
  start: (surroundings: Surroundings) => Promise<{ readonly process: RunningProcess; readonly onReady: () => void }>,
): Promise<void> {
  setFlagsFromString(`--max-semi-space-size=${THREAD_SEMI_SPACE_MIB}`);
  const metrics = new Metrics({ pipelines: config.pipelines.map(({ name }) => name), version: packageVersion() });
  const temporalMetrics = await installRuntime(toTemporalLogger(logger));
  let running: RunningProcess | undefined;
  const server = await startMetricsServer({
    ...config.worker.metricsAddress,
    metrics,
    temporalMetricsUrl: `http://${temporalMetrics}/metrics`,
    findReasonsNotReady: async () => (running ? await running.problems() : ['the worker is starting']),
  });
  try {
    const connection = await connect(config, drain);
    try {
      const { process, onReady } = await start({ connection, metrics, metricsAddress: addressOf(server) });
      running = process;
      onReady();
      await process.run();
    } finally {
      await connection.close();
    }
  } finally {
    await server.close();
  }
}

function addressOf(server: MetricsServer): string {
  return `http://${server.host}:${server.port}/metrics`;
}

/** A worker often starts together with its server, so it waits for it for a while. */
async function connect({ temporal }: Config, drain: AbortSignal): Promise<NativeConnection> {
  const options = connectionOptions(temporal);
  const endsAtMs = Date.now() + CONNECT_TIMEOUT_MS;
  for (;;) {
    try {
      return await NativeConnection.connect(options);
    } catch (error) {
      if (drain.aborted || Date.now() >= endsAtMs) {
        throw new TallylineFailure('temporal_unavailable', `no Temporal server answers at ${temporal.address}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, CONNECT_AGAIN_MS));
    }
  }
}
