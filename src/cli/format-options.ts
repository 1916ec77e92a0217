/** The format that the command line describes, under the same rules as in tallyline.yaml. */
import { Option } from 'commander';
import type { Command } from 'commander';

import { crossCheck } from '../config/cross-checks';
import { OPTIONS } from '../config/options';
import { formatSchema } from '../config/schema';
import { TallylineFailure } from '../core/failures';
import type { Format } from '../core/format';

export interface FormatOptions {
  readonly delimiter?: string;
  readonly fields?: number;
  readonly key?: readonly number[];
  readonly value?: number;
  readonly scale?: number;
  readonly allowNegative?: boolean;
}

const NAMES = ['delimiter', 'fields', 'key', 'value', 'scale', 'allowNegative'] as const;

export function withFormatOptions(command: Command): Command {
  return command
    .option('--delimiter <character>', 'what separates fields: one ASCII character, `\\t`, or `whitespace` (default: a space)')
    .option('--fields <number>', 'fields of a line, exactly (default: 2)', Number)
    .option('--key <numbers>', 'the fields that are the key, such as 1 or 1,3; fields count from 1 (default: 1)', parseList)
    .option('--value <number>', 'the field that is added up (default: 2)', Number)
    .option('--scale <number>', 'decimal places that are kept (default: 0)', Number)
    .addOption(new Option('--allow-negative', 'values may start with `-`'));
}

export function hasFormatOptions(options: FormatOptions): boolean {
  return NAMES.some((name) => options[name] !== undefined);
}

/** Throws config_invalid with everything that is wrong. */
export function formatFromOptions(options: FormatOptions): Format {
  const written = writtenFormat(options);
  const parsed = formatSchema.safeParse(written);
  const faults = parsed.success
    ? crossCheck({ pipelines: [{ format: parsed.data }] }, '.').map(({ path, message }) => ({ name: path.at(-1), message }))
    : parsed.error.issues.map(({ path: [name] }) => ({ name, message: `must be ${allowedOf(String(name))}` }));
  if (!parsed.success || faults.length > 0) {
    const sentences = faults.map(({ name, message }) => `${optionName(String(name))} ${message}`);
    throw new TallylineFailure('config_invalid', `the format is not valid: ${sentences.join('; ')}`);
  }
  const { delimiter, fields: fieldCount, key: keyFields, value: valueField, scale, allowNegative, maxLineBytes, kind } = parsed.data;
  return { kind, delimiter: toDelimiter(delimiter), fieldCount, keyFields, valueField, scale, allowNegative, maxLineBytes };
}

/** As it would stand in tallyline.yaml. */
export function writtenFormat(options: FormatOptions): FormatOptions {
  return Object.fromEntries(NAMES.map((name) => [name, options[name]]));
}

function toDelimiter(written: string): Format['delimiter'] {
  if (written === 'whitespace') return { kind: 'whitespace' };
  return { kind: 'byte', byte: written === '\\t' ? 0x09 : written.charCodeAt(0) };
}

/** As the reference of tallyline.yaml says it. */
function allowedOf(name: string): string {
  return OPTIONS.find(({ path }) => path === `pipelines[].format.${name}`)?.allowed ?? 'another value';
}

function optionName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parseList(text: string): number[] {
  return text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
}
