import type { Command } from 'commander';
import { loadConfig } from '../../config/load-config';
import { createLogger } from '../../observability/logger';
import { runEmbedded } from '../../workers/embedded';
import { drainOnSignal } from '../../workers/shutdown';
import { portOption } from '../ports';
import { printProgress } from '../progress';

export function registerUp(program: Command): void {
  program
    .command('up')
    .summary('everything on one machine, until stopped')
    .description(
      'Starts a Temporal development server with its Web UI, the schedules and a worker with every role, for the pipelines of the configuration.\n' +
        'Killed anywhere, it goes on where it was when it is started again.',
    )
    .option('--config <file>', 'the configuration', process.env['TALLYLINE_CONFIG'] ?? 'tallyline.yaml')
    .addOption(portOption('--port <number>', 'port of the Temporal server', 7233))
    .addOption(portOption('--ui-port <number>', 'port of the Web UI', 8233))
    .action(async (options: { config: string; port: number; uiPort: number }) => {
      const config = loadConfig(options.config);
      const say = (line: string) => process.stderr.write(`${line}\n`);
      const drain = drainOnSignal(say);
      await runEmbedded({
        config,
        port: options.port,
        uiPort: options.uiPort,
        drain,
        logger: createLogger({ TALLYLINE_LOG_LEVEL: 'warn', ...process.env }),
        say,
        onReady: ({ worker, uiAddress, metricsAddress }) => {
          say(`Web UI:  ${uiAddress}\nMetrics: ${metricsAddress}`);
          for (const { name, source } of config.pipelines) say(`Pipeline ${name} takes files from ${source.root}`);
          printProgress(
            worker.sink,
            config.pipelines.map(({ name }) => name),
            drain,
            say,
          );
        },
      });
      say('Stopped. Totals: `tallyline totals`; start again with `tallyline up`.');
    });
}
