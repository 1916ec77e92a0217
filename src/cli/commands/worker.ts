import { InvalidArgumentError, type Command } from 'commander';
import { ROLES, type Role } from '../../contracts/task-queues';
import { loadConfig } from '../../config/load-config';
import { createLogger } from '../../observability/logger';
import { drainOnSignal } from '../../workers/shutdown';
import { applyProfile } from '../../workers/temporal-target';
import { configOption } from '../context';
import { translateTemporalErrors } from '../with-temporal';

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .summary('one worker process')
    .description(
      'Polls the task queues of its roles until SIGTERM or SIGINT, then drains within worker.shutdownGrace; a second signal stops at once.\n' +
        'Needs a Temporal server and `tallyline setup`. Ends with 3 when none answers.\n\n' +
        '  tallyline worker --roles scan,count',
    )
    .addOption(configOption())
    .option('--roles <list>', `any of ${ROLES.join(', ')}`, parseRoles, [...ROLES])
    .action(async (options: { config: string; roles: readonly Role[] }) => {
      // Only here, so that the other commands need not wait for the worker's native core to load.
      const { runWorker } = await import('../../workers/run-worker.js');
      const config = applyProfile(loadConfig(options.config));
      const logger = createLogger();
      const drain = drainOnSignal((line) => logger.info(line));
      const { roles } = options;
      const onReady = ({ metricsAddress }: { readonly metricsAddress: string }) =>
        logger.info('worker is ready', { roles, metricsAddress });
      await translateTemporalErrors(config, () => runWorker({ config, roles, drain, logger, onReady }));
      logger.info('worker has drained');
    });
}

function parseRoles(text: string): readonly Role[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !ROLES.some((role) => role === name));
  if (unknown.length > 0) throw new InvalidArgumentError(`${unknown.join(', ')} is no role; there are ${ROLES.join(', ')}`);
  return ROLES.filter((role) => names.includes(role));
}
