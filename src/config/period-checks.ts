/** What no single option of a period can tell. */
import type { z } from 'zod';

import type { Fault } from './fault';
import type { periodSchema } from './period-schema';
import type { formatSchema } from './format-schema';

type Period = z.output<typeof periodSchema>;
type Format = z.output<typeof formatSchema>;

/** Which option belongs to which `from`, and what it is for. */
const OPTIONS_OF = {
  pattern: { from: 'sourceKey', purpose: 'it finds the period in the sourceKey' },
  field: { from: 'record', purpose: 'it says which field of each record holds the timestamp' },
  timestamp: { from: 'record', purpose: 'it takes: `iso8601`, `unixSeconds`, `unixMilliseconds`' },
} as const;
/** What stands in timestamps of this kind, beside digits, `-` and `.`, which no delimiter is. */
const ISO_CHARACTERS = /[:TZ+]/;

/** Each is left out where it is not valid by itself. */
export function checkPeriod(period: Period | undefined, format: Format | undefined): Fault[] {
  if (period === undefined) return [];
  const { from, unit } = period;
  const faults: Fault[] = [];
  if (from !== 'none' && unit === undefined) faults.push(fault('unit', 'is missing; with `from` it takes: `hour`, `day`, `month`'));
  if (from === 'none' && unit !== undefined) faults.push(fault('unit', 'has no meaning without `from`'));
  for (const name of ['pattern', 'field', 'timestamp'] as const) {
    const { from: needed, purpose } = OPTIONS_OF[name];
    const isGiven = period[name] !== undefined;
    if (isGiven && from !== needed) faults.push(fault(name, `has no meaning unless \`from\` is \`${needed}\``));
    if (!isGiven && from === needed) faults.push(fault(name, `is missing; ${purpose}`));
  }
  if (from === 'sourceKey') faults.push(...checkPattern(period));
  if (from === 'record' && format !== undefined) faults.push(...checkField(period, format));
  return faults;
}

function checkPattern({ pattern, unit }: Period): Fault[] {
  if (pattern === undefined || unit === undefined) return [];
  const needed = { month: 2, day: 3, hour: 4 }[unit];
  const groups = countGroups(pattern);
  if (groups >= needed) return [];
  return [
    fault('pattern', `has ${String(groups)} groups; for \`${unit}\` it needs ${String(needed)}, in the order year, month, day, hour`),
  ];
}

/** Any of them would refuse every record, or every file. */
function checkField({ field, timestamp }: Period, format: Format): Fault[] {
  const faults: Fault[] = [];
  if (format.kind === 'csv') {
    if (typeof field === 'number') faults.push(fault('field', `is ${String(field)}; the columns of this format have names only`));
  } else {
    if (typeof field === 'string') faults.push(fault('field', `is a name, "${field}"; the fields of this format have numbers only`));
    if (typeof field === 'number' && field > format.fields)
      faults.push(fault('field', `is field ${String(field)}, but a line has ${String(format.fields)} fields`));
  }
  if (field === format.value) faults.push(fault('field', `is field ${String(field)}, which is the value`));
  if (timestamp === 'iso8601' && ISO_CHARACTERS.test(format.delimiter) && format.delimiter.length === 1)
    faults.push(fault('timestamp', `may hold "${format.delimiter}", which separates the fields of this format`));
  return faults;
}

/** An expression that may also match nothing tells its number of groups in that match. */
function countGroups(pattern: string): number {
  return (new RegExp(`${pattern}|`, 'u').exec('')?.length ?? 1) - 1;
}

function fault(option: string, message: string): Fault {
  return { path: [option], message };
}
