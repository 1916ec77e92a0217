/** The period of each record that the command line describes, under the same rules as in tallyline.yaml. */
import type { Command } from 'commander';

import { crossCheck } from '../config/cross-checks';
import { OPTIONS } from '../config/options';
import { periodSchema } from '../config/period-schema';
import { TallylineFailure } from '../core/failures';
import type { RecordPeriod } from '../core/record-period';
import { writtenFormat, type FormatOptions } from './format-options';

export interface PeriodOptions {
  readonly periodUnit?: string;
  readonly periodField?: string;
  readonly timestamp?: string;
}

const OPTION_NAMES: Readonly<Record<string, string>> = { unit: '--period-unit', field: '--period-field', timestamp: '--timestamp' };

export function withPeriodOptions(command: Command): Command {
  return command
    .option('--period-unit <unit>', 'totals per hour, day or month of each record, in UTC; needs the next two')
    .option('--period-field <field>', 'the field, or the column of CSV, that holds the timestamp of a record')
    .option('--timestamp <kind>', 'how it is written: iso8601, unixSeconds, unixMilliseconds');
}

export function hasPeriodOptions({ periodUnit, periodField, timestamp }: PeriodOptions): boolean {
  return periodUnit !== undefined || periodField !== undefined || timestamp !== undefined;
}

/** Undefined where no period is asked for. Throws config_invalid with everything that is wrong. */
export function periodFromOptions(options: PeriodOptions, format: FormatOptions): RecordPeriod | undefined {
  if (!hasPeriodOptions(options)) return undefined;
  const { periodUnit, periodField, timestamp: written } = options;
  const isName = format.format === 'csv';
  const period = { from: 'record', unit: periodUnit, field: isName ? periodField : toNumber(periodField), timestamp: written };
  const parsed = periodSchema.safeParse(period);
  const faults = parsed.success
    ? crossCheck({ pipelines: [{ format: writtenFormat(format), period }] }, '.').filter(({ path }) => path.includes('period'))
    : parsed.error.issues.map(({ path }) => ({ path, message: `must be ${allowedOf(String(path[0]))}` }));
  const { unit, field, timestamp } = parsed.data ?? {};
  if (faults.length > 0 || unit === undefined || field === undefined || timestamp === undefined) {
    const sentences = faults.map(({ path, message }) => `${OPTION_NAMES[String(path.at(-1))] ?? ''} ${message}`);
    throw new TallylineFailure('config_invalid', `the period is not valid: ${sentences.join('; ')}`);
  }
  return { unit, field, timestamp };
}

function allowedOf(name: string): string {
  return OPTIONS.find(({ path }) => path === `pipelines[].period.${name}`)?.allowed ?? 'another value';
}

function toNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
