/** What no single option of a format can tell. */
import type { z } from 'zod';

import type { Fault, OptionPath } from './fault';
import type { formatSchema } from './format-schema';

type Format = z.output<typeof formatSchema>;
type Delimited = Extract<Format, { kind: 'delimited' }>;
type Csv = Extract<Format, { kind: 'csv' }>;

export function checkFormat(format: Format | undefined): Fault[] {
  if (format === undefined) return [];
  return format.kind === 'csv' ? checkColumns(format) : checkFields(format);
}

function checkFields({ fields, key, value }: Delimited): Fault[] {
  const beyond = key
    .filter((field) => field > fields)
    .map((field) => fault(['key'], `is field ${String(field)}, but a line has ${String(fields)} fields`));
  const repeated = new Set(key).size === key.length ? [] : [fault(['key'], 'names a field twice')];
  const shared = key.includes(value) ? [fault(['value'], `is field ${String(value)}, which is (part of) the key`)] : [];
  const valueBeyond = value > fields ? [fault(['value'], `is field ${String(value)}, but a line has ${String(fields)} fields`)] : [];
  return [...beyond, ...repeated, ...valueBeyond, ...shared];
}

function checkColumns({ key, value }: Csv): Fault[] {
  const repeated = new Set(key).size === key.length ? [] : [fault(['key'], 'names a column twice')];
  const shared = key.includes(value) ? [fault(['value'], `is column ${JSON.stringify(value)}, which is (part of) the key`)] : [];
  return [...repeated, ...shared];
}

function fault(path: OptionPath, message: string): Fault {
  return { path, message };
}
