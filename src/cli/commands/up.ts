import type { Command } from 'commander';
import { parseAddress, type Config } from '../../config/config';
import { showSource } from '../../config/convert';
import { loadConfig } from '../../config/load-config';
import { TallylineFailure } from '../../core/failures';
import { createLogger } from '../../observability/logger';
import { drainOnSignal } from '../../workers/shutdown';
import { configOption } from '../context';
import { portOption } from '../number-options';
import { printProgress } from '../progress';
import { translateTemporalErrors } from '../with-temporal';

const OWN_HOSTS = ['127.0.0.1', 'localhost'];

interface UpOptions {
  readonly config: string;
  readonly port?: number;
  readonly uiPort: number;
}

export function registerUp(program: Command): void {
  program
    .command('up')
    .summary('everything on one machine, until stopped')
    .description(
      'Starts a Temporal development server with its Web UI, the schedules and a worker with every role, for the pipelines of the configuration.\n' +
        'Killed anywhere, it goes on where it was when it is started again. Use `tallyline worker` with a Temporal server of your own.\n\n' +
        '  tallyline up --config tallyline.yaml',
    )
    .addOption(configOption())
    .addOption(portOption('--port <number>', 'port of the Temporal server (default: that of temporal.address)'))
    .addOption(portOption('--ui-port <number>', 'port of the Web UI', 8233))
    .action((options: UpOptions) => runUp(options));
}

async function runUp(options: UpOptions): Promise<void> {
  const { runEmbedded } = await import('../../workers/embedded.js');
  const config = loadConfig(options.config);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const port = choosePort(config, options.port, say);
  const drain = drainOnSignal(say);
  await translateTemporalErrors(config, () =>
    runEmbedded({
      config,
      port,
      uiPort: options.uiPort,
      drain,
      logger: createLogger({ TALLYLINE_LOG_LEVEL: 'warn', ...process.env }),
      say,
      onReady: ({ worker, uiAddress, metricsAddress }) => {
        say(`Web UI:  ${uiAddress}\nMetrics: ${metricsAddress}`);
        for (const pipeline of config.pipelines) say(`Pipeline ${pipeline.name} takes files from ${showSource(pipeline)}`);
        printProgress(
          worker.sink,
          config.pipelines.map(({ name }) => name),
          drain,
          say,
        );
      },
    }),
  );
  say('Stopped. Totals: `tallyline totals`; start again with `tallyline up`.');
}

/** The other commands look for the server at temporal.address, so it must be there. */
function choosePort({ temporal }: Config, wanted: number | undefined, say: (line: string) => void): number {
  const { host, port } = parseAddress(temporal.address);
  if (!OWN_HOSTS.includes(host)) {
    throw new TallylineFailure(
      'config_invalid',
      `temporal.address is ${temporal.address}, and \`up\` runs a Temporal server of its own on 127.0.0.1: run \`tallyline worker\` with ` +
        'yours (after `tallyline setup` and `tallyline schedule apply`), or leave temporal.address and TEMPORAL_ADDRESS out',
    );
  }
  if (wanted === undefined || wanted === port) return port;
  say(`Other commands look for this server at ${temporal.address}: give them TEMPORAL_ADDRESS=127.0.0.1:${wanted}.`);
  return wanted;
}
