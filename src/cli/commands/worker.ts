import { InvalidArgumentError, type Command } from 'commander';
import { ROLES, type Role } from '../../contracts/task-queues';
import { loadConfig } from '../../config/load-config';
import { createLogger } from '../../observability/logger';
import { runWorker } from '../../workers/run-worker';
import { drainOnSignal } from '../../workers/shutdown';

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .summary('one worker process')
    .description(
      'Polls the task queues of its roles until SIGTERM or SIGINT, then drains within worker.shutdownGrace; a second signal stops at once.',
    )
    .option('--config <file>', 'the configuration', process.env['TALLYLINE_CONFIG'] ?? 'tallyline.yaml')
    .option('--roles <list>', `any of ${ROLES.join(', ')}`, parseRoles, [...ROLES])
    .action(async (options: { config: string; roles: readonly Role[] }) => {
      const config = loadConfig(options.config);
      const logger = createLogger();
      const drain = drainOnSignal((line) => logger.info(line));
      await runWorker({
        config,
        roles: options.roles,
        drain,
        logger,
        onReady: ({ metricsAddress }) => logger.info('worker is ready', { roles: options.roles, metricsAddress }),
      });
      logger.info('worker has drained');
    });
}

function parseRoles(text: string): readonly Role[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !ROLES.some((role) => role === name));
  if (unknown.length > 0) throw new InvalidArgumentError(`${unknown.join(', ')} is no role; there are ${ROLES.join(', ')}`);
  return ROLES.filter((role) => names.includes(role));
}
