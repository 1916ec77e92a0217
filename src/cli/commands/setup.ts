import type { Command } from 'commander';
import { withCommonOptions, loadPipeline, withSink, withTemporal, type CommonOptions } from '../context';
import { setUpSearchAttributes } from '../../workers/search-attribute-setup';

export function registerSetup(program: Command): void {
  withCommonOptions(program.command('setup'))
    .summary('search attributes and database, idempotent')
    .description(
      'Creates or migrates the database, registers the search attributes, and says what it did. Running it again changes nothing.',
    )
    .action(async (options: CommonOptions) => {
      await withSink(options, async () => process.stderr.write('the database is ready\n'));
      const { config } = loadPipeline(options);
      await withTemporal(config, async (_client, connection) => {
        const added = await setUpSearchAttributes(connection, config.temporal.namespace);
        process.stderr.write(
          added.length === 0 ? 'the search attributes are there\n' : `added the search attributes ${added.join(', ')}\n`,
        );
      });
    });
}
