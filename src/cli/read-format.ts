/** From the options of the command line to a format, under the same rules as in tallyline.yaml. */
import type { FormatConfig } from '../config/config';
import { toFormat } from '../config/convert';
import { checkFormat } from '../config/format-checks';
import { formatSchema } from '../config/format-schema';
import { TallylineFailure } from '../core/failures';
import type { Format } from '../core/format';
import type { FormatOptions } from './format-options';

/** Throws config_invalid with everything that is wrong. */
export function formatFromOptions(options: FormatOptions): Format {
  const { format: kind = 'delimited' } = options;
  const parsed = formatSchema.safeParse(writtenFormat(options));
  const faults = parsed.success
    ? checkFormat(parsed.data).map(({ path, message }) => `${optionName(String(path.at(-1)))} ${message}`)
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
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- every schema there is, for an error only
  const { OPTIONS } = require('../config/options') as typeof import('../config/options');
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
