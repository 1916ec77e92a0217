import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config, PipelineConfig } from '../../config/config';
import { toSourceOptions } from '../../config/convert';
import { loadConfig } from '../../config/load-config';
import { TallylineFailure } from '../../core/failures';
import { createLogger, type Logger } from '../../observability/logger';
import { openSource } from '../../sources/open-source';
import { drainOnSignal } from '../../workers/shutdown';
import { claimSourceId } from '../../workers/source-id';
import { applyProfile } from '../../workers/temporal-target';
import { configOption } from '../context';
import { translateTemporalErrors } from '../with-temporal';

interface AgentOptions {
  readonly config: string;
  readonly sourceId?: string;
}

export function registerAgent(program: Command): void {
  program
    .command('agent')
    .summary('lists and counts the files of this host, without a database')
    .description(
      'Serves the pipelines whose source is of the kind `agent`: it lists and counts the files below their root on this host, on task queues\n' +
        'of its own, and lays down what it found in the bucket of `exchange`. Workers with the apply role take it from there into the totals.\n' +
        'The name of the source lies in a file on the volume (`source.idFile`), which is written where there is none, and goes with it.\n' +
        'Applies the schedule of its scans by itself. Ends as a worker does; with 3 when no Temporal server answers.\n\n' +
        '  tallyline agent --source-id host-7',
    )
    .addOption(configOption())
    .option('--source-id <name>', 'what a volume is called that has no name yet; another name than it has is refused')
    .action((options: AgentOptions) => serve(options));
}

async function serve(options: AgentOptions): Promise<void> {
  // Only here, so that the other commands need not wait for the worker's native core to load.
  const { runAgent } = await import('../../workers/run-worker.js');
  const config = applyProfile(loadConfig(options.config));
  const logger = createLogger();
  const sourceIds = await claimSources(config, options, logger);
  const drain = drainOnSignal((line) => logger.info(line));
  const onReady = ({ metricsAddress }: { readonly metricsAddress: string }) =>
    logger.info('agent is ready', { sources: Object.fromEntries(sourceIds), metricsAddress });
  await translateTemporalErrors(config, () => runAgent({ config, sourceIds, drain, logger, onReady }));
  logger.info('agent has drained');
}

async function claimSources(config: Config, { sourceId: wanted }: AgentOptions, logger: Logger): Promise<Map<string, string>> {
  const sourceIds = new Map<string, string>();
  const volumes = config.pipelines.flatMap(({ source }) => (source.kind === 'agent' ? [join(source.root, source.idFile)] : []));
  if (volumes.length === 0) throw new TallylineFailure('config_invalid', 'no pipeline of the configuration has a source of the kind agent');
  if (wanted !== undefined && new Set(volumes).size > 1)
    throw new TallylineFailure('config_invalid', `--source-id names one volume, and there are several: ${volumes.join(', ')}`);
  for (const pipeline of config.pipelines) {
    const { name, source, policies } = pipeline;
    if (source.kind !== 'agent') continue;
    await requireVolume(pipeline);
    const isDrawn = policies.duplicateContent !== 'count';
    const { sourceId, isNew } = await claimSourceId(join(source.root, source.idFile), { wanted, isDrawn });
    const fields = { pipeline: name, root: source.root, sourceId };
    if (isNew) logger.warn('this volume had no name, so that all of its files are new ones', fields);
    sourceIds.set(name, sourceId);
  }
  return sourceIds;
}

/** An empty mount point must not be given a name. */
async function requireVolume(pipeline: PipelineConfig): Promise<void> {
  const source = openSource(toSourceOptions(pipeline));
  await source.probe();
  await source.close();
}
