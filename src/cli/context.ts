/** What most commands are told: which configuration, and which pipeline of it. */
import { Option, type Command } from 'commander';

export interface CommonOptions {
  readonly config: string;
  readonly pipeline?: string;
}

export function configOption(): Option {
  // An empty variable counts as not set, as everywhere.
  const path = process.env['TALLYLINE_CONFIG'] || 'tallyline.yaml';
  return new Option('--config <file>', 'the configuration; TALLYLINE_CONFIG names another default').default(path);
}

export function withCommonOptions(command: Command, ofPipeline = 'which pipeline; may be left out where there is only one'): Command {
  return command.addOption(configOption()).option('--pipeline <name>', ofPipeline);
}
