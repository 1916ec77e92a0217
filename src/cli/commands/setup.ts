import type { Command } from 'commander';
import { showSink, toSinkOptions } from '../../config/convert';
import { openSink } from '../../sinks/open-sink';
import { registerPipelines } from '../../workers/pipelines';
import { setUpSearchAttributes } from '../../workers/search-attribute-setup';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipelines } from '../load-pipeline';
import { withTemporal } from '../with-temporal';

export function registerSetup(program: Command): void {
  withCommonOptions(program.command('setup'), 'only this pipeline; without it all of the configuration')
    .summary('search attributes and database, idempotent')
    .description(
      'Creates or migrates the database, registers the pipelines of the configuration in it and the search attributes at Temporal, and\n' +
        'says what it did. Running it again changes nothing. Needs a Temporal server: ends with 3 when none answers.\n\n' +
        '  tallyline setup && tallyline schedule apply && tallyline worker',
    )
    .action((options: CommonOptions) => runSetup(options));
}

async function runSetup(options: CommonOptions): Promise<void> {
  const { config, pipelines } = loadPipelines(options);
  const sink = await openSink(toSinkOptions(config));
  try {
    await registerPipelines(sink, { ...config, pipelines });
  } finally {
    await sink.close();
  }
  process.stderr.write(`the database ${showSink(config)} is ready for ${pipelines.map(({ name }) => name).join(', ')}\n`);
  await withTemporal(config, async (client, connection) => {
    const added = await setUpSearchAttributes(connection, client.options.namespace);
    process.stderr.write(added.length === 0 ? 'the search attributes are there\n' : `added the search attributes ${added.join(', ')}\n`);
  });
}
