/** The options that describe a format on the command line. */
import { Option } from 'commander';
import type { Command } from 'commander';

import type { FormatConfig } from '../config/config';

/** As written. */
export interface FormatOptions {
  readonly format?: FormatConfig['kind'];
  readonly delimiter?: string;
  readonly fields?: string;
  readonly key?: string;
  readonly value?: string;
  readonly scale?: string;
  readonly allowNegative?: boolean;
}

const NAMES = ['format', 'delimiter', 'fields', 'key', 'value', 'scale', 'allowNegative'] as const;

export function withFormatOptions(command: Command): Command {
  return command
    .addOption(new Option('--format <kind>', 'one record a line, or CSV with a header (default: delimited)').choices(['delimited', 'csv']))
    .option(
      '--delimiter <character>',
      'what separates fields: one ASCII character, `\\t`, or `whitespace` (default: a space; of csv a comma)',
    )
    .option('--fields <number>', 'fields of a line, exactly (default: 2)')
    .option(
      '--key <fields>',
      'the fields that are the key, such as 1 or 1,3; fields count from 1 (default: 1); of csv the names of columns',
    )
    .option('--value <field>', 'the field that is added up (default: 2); of csv the name of a column')
    .option('--scale <number>', 'decimal places that are kept (default: 0)')
    .addOption(new Option('--allow-negative', 'values may start with `-`'));
}

export function hasFormatOptions(options: FormatOptions): boolean {
  return NAMES.some((name) => options[name] !== undefined);
}
