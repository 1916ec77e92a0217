import type { Command } from 'commander';

import type { ExplainedOption } from '../../config/explain-config';
import { explainConfig } from '../../config/explain-config';
import { checkConfig, readConfigText } from '../../config/load-config';
import { TallylineFailure } from '../../core/failures';
import { configOption } from '../context';
import { exitCodeOf } from '../exit-codes';

/** Adds `config check`. */
export function registerConfig(program: Command): void {
  const command = program
    .command('config')
    .summary('the configuration: check')
    .description('Looks at the configuration without starting anything.');
  command
    .command('check')
    .summary('is it right, and what does it mean')
    .description(
      'Checks a configuration and shows every effective value with where it comes from: default, file or environment.\n' +
        'Ends with 2 when it is invalid, and then lists every error with its line.\n\n' +
        '  tallyline config check --config examples/everything.yaml',
    )
    .addOption(configOption())
    .option('--output <form>', 'table or json', 'table')
    .action((options: { config: string; output: string }) => {
      process.exitCode = runCheck(options.config, options.output);
    });
}

function runCheck(path: string, output: string): number {
  try {
    if (output !== 'table' && output !== 'json')
      throw new TallylineFailure('config_invalid', `--output cannot be "${output}"; allowed: table, json`);
    const explained = explainConfig(checkConfig(readConfigText(path), path, process.env));
    process.stdout.write(output === 'json' ? `${JSON.stringify({ file: path, options: explained }, null, 2)}\n` : formatTable(explained));
    return 0;
  } catch (error) {
    if (!(error instanceof TallylineFailure) || error.code !== 'config_invalid') throw error;
    process.stderr.write(`${error.fact}\nNothing was started. Correct the above; docs/reference/configuration.md explains each option.\n`);
    return exitCodeOf(error);
  }
}

function formatTable(explained: readonly ExplainedOption[]): string {
  const rows = explained.map(({ option, value, origin }) => [option, value === null ? '(none)' : JSON.stringify(value), origin] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map(([option, value, origin]) => `${option.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${origin}\n`).join('');
}
