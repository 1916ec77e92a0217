/** The format that the command line describes, under the same rules as in tallyline.yaml. */
import { Option } from 'commander';
import type { Command } from 'commander';

import type { FormatConfig } from '../config/config';
import { toFormat } from '../config/convert';
import { crossCheck } from '../config/cross-checks';
import { formatSchema } from '../config/format-schema';
import { OPTIONS } from '../config/options';
import { TallylineFailure } from '../core/failures';
import type { Format } from '../core/format';

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

/** Throws config_invalid with everything that is wrong. */
export function formatFromOptions(options: FormatOptions): Format {
  const { format: kind = 'delimited' } = options;
  const parsed = formatSchema.safeParse(writtenFormat(options));
  const faults = parsed.success
    ? crossCheck({ pipelines: [{ format: parsed.data }] }, '.').map(({ path, message }) => `${optionName(String(path.at(-1)))} ${message}`)
    : parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((name) => `${optionName(name)} has no meaning with --format ${kind}`)
          : [`${optionName(String(issue.path[0]))} must be ${allowedOf(String(issue.path[0]), kind)}`],
      );
  if (!parsed.success || faults.length > 0)
    throw new TallylineFailure('config_invalid', `the format is not valid: ${[...new Set(faults)].join('; ')}`);
  return toFormat({ format: parsed.data });
}

/** As it would stand in tallyline.yaml. */
export function writtenFormat({ format, key, value, fields, scale, ...others }: FormatOptions): object {
  const isCsv = format === 'csv';
  const field = isCsv ? String : toNumber;
  const written = {
    kind: format,
    delimiter: others.delimiter,
    fields: fields === undefined ? undefined : toNumber(fields),
    key: key?.split(',').map((part) => field(part)),
    value: value === undefined ? undefined : field(value),
    scale: scale === undefined ? undefined : toNumber(scale),
    allowNegative: others.allowNegative,
  };
  return Object.fromEntries(Object.entries(written).filter(([, member]) => member !== undefined));
}

/** As the reference of tallyline.yaml says it. */
function allowedOf(name: string, kind: FormatConfig['kind']): string {
  const options = OPTIONS.filter(({ path }) => path === `pipelines[].format.${name}`);
  return (options.find(({ ofKind }) => ofKind === kind) ?? options[0])?.allowed ?? 'another value';
}

function optionName(name: string): string {
  return name === 'kind' ? '--format' : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** NaN for what is no number. */
function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
