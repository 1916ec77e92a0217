/** Everything on one machine: the Temporal development server, search attributes, schedules, and a worker with every role. */
import { dirname, resolve } from 'node:path';
import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import type { Config } from '../config/config';
import { ROLES } from '../contracts/task-queues';
import { TallylineFailure } from '../core/failures';
import { scanWorkflowId, verifyWorkflowId } from '../core/ids';
import type { Logger } from '../observability/logger';
import { startDevServer, type DevServer } from './dev-server';
import { runWorker, type RunWorkerOptions } from './run-worker';
import { applySchedule, applyVerifySchedule } from './schedule';
import { setUpSearchAttributes } from './search-attribute-setup';
import { findOrInstallTemporal } from './temporal-binary';
import { clientOptions } from './temporal-target';

const RESTART_PAUSE_MS = 1_000;
const OWN_PREFIXES = [scanWorkflowId('', '').slice(0, -1), verifyWorkflowId('')];

interface EmbeddedOptions {
  readonly config: Config;
  readonly port: number;
  readonly uiPort: number;
  readonly drain: AbortSignal;
  readonly logger: Logger;
  readonly say: (line: string) => void;
  readonly onReady: (ready: Parameters<RunWorkerOptions['onReady']>[0] & { readonly uiAddress: string; readonly client: Client }) => void;
}

/** Where the server keeps its workflows: beside the database that decides what is counted, where that is a file. */
export function temporalDatabasePath({ sink, directory }: Config): string {
  return sink.kind === 'sqlite' ? resolve(dirname(sink.path), 'temporal.db') : resolve(directory, '.tallyline', 'temporal.db');
}

/** Runs until drained. The server outlives the worker, so that the worker can report what it finished. */
export async function runEmbedded(options: EmbeddedOptions): Promise<void> {
  const { config, say, drain, logger, onReady } = options;
  const binary = await findOrInstallTemporal(say);
  say(`Temporal server: ${binary} (a few seconds)`);
  const start = () =>
    startDevServer({
      binary,
      databasePath: temporalDatabasePath(config),
      namespace: config.temporal.namespace,
      port: options.port,
      uiPort: options.uiPort,
    });
  let server = await start();
  const { profile: _, profilesFile: __, ...own } = config.temporal;
  const local: Config = { ...config, temporal: { ...own, address: server.address } };
  const connection = await Connection.connect({ address: server.address });
  const ending = new AbortController();
  const kept = keepRunning(server, start, ending.signal, say, (next) => (server = next));
  try {
    await prepare(local, connection, say);
    const client = new Client({ connection, ...clientOptions(local.temporal) });
    const uiAddress = `http://127.0.0.1:${options.uiPort}`;
    await runWorker({ config: local, roles: ROLES, drain, logger, onReady: (ready) => onReady({ ...ready, uiAddress, client }) });
  } finally {
    ending.abort();
    await connection.close();
    await server.stop();
    await kept;
  }
}

async function prepare(config: Config, connection: Connection, say: (line: string) => void): Promise<void> {
  const { namespace } = config.temporal;
  const added = await setUpSearchAttributes(connection, namespace);
  if (added.length > 0) say(`Search attributes: added ${added.join(', ')}`);
  const client = new Client({ connection, ...clientOptions(config.temporal) });
  for (const { name, source, schedule, verify } of config.pipelines) {
    if (source.kind === 'agent') throw agentRefused(name);
    const outcome = await applySchedule(client, { pipeline: name, sourceId: source.id, timing: schedule });
    const timing = 'cron' in schedule ? `cron ${schedule.cron} UTC` : `every ${schedule.everyMs / 1000} s`;
    await applyVerifySchedule(client, { pipeline: name, everyMs: verify.everyMs });
    say(`Schedule: ${outcome} for pipeline ${name}, ${timing}`);
  }
  await removeForgottenSchedules(client, config, say);
}

function agentRefused(pipeline: string): TallylineFailure {
  const fact = `\`tallyline up\` reads all files itself, and those of pipeline ${pipeline} lie with agents: give it \`source.kind: directory\``;
  return new TallylineFailure('config_invalid', fact);
}

/** Scans of a pipeline or source that the configuration no longer has would fail for ever. Only on a server that is ours alone. */
export async function removeForgottenSchedules(client: Client, { pipelines }: Config, say: (line: string) => void): Promise<void> {
  const kept = new Set(
    pipelines.flatMap(({ name, source }) => [
      ...(source.kind === 'agent' ? [] : [scanWorkflowId(name, source.id)]),
      verifyWorkflowId(name),
    ]),
  );
  for await (const { scheduleId } of client.schedule.list()) {
    if (!OWN_PREFIXES.some((prefix) => scheduleId.startsWith(prefix)) || kept.has(scheduleId)) continue;
    try {
      await client.schedule.getHandle(scheduleId).delete();
      say(`Schedule: removed ${scheduleId}, whose pipeline or source the configuration no longer has. What it has counted stays.`);
    } catch (error) {
      // The list lags behind.
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
}

/** A server that ends by itself is started again on the same file: its workflows go on. */
async function keepRunning(
  first: DevServer,
  start: () => Promise<DevServer>,
  ending: AbortSignal,
  say: (line: string) => void,
  onRestart: (server: DevServer) => void,
): Promise<void> {
  for (let server = first; ;) {
    await server.exited;
    if (ending.aborted) return;
    say('The Temporal server ended by itself; starting it again. What is counted stays in the sink.');
    await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
    if (isAborted(ending)) return;
    try {
      server = await start();
      // The end came while it started: whoever waits for it knows only the one before.
      if (isAborted(ending)) return await server.stop();
      onRestart(server);
    } catch (error) {
      say(`It could not be started again, trying on: ${String(error)}`);
    }
  }
}

/** Asked through a function, because the compiler takes an earlier answer for the lasting one. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
