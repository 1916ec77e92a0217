/** From the options of the command line to the period of each record, under the same rules as in tallyline.yaml. */
import { crossCheck } from '../config/cross-checks';
import { OPTIONS } from '../config/options';
import { periodSchema } from '../config/period-schema';
import { TallylineFailure } from '../core/failures';
import type { RecordPeriod } from '../core/record-period';
import type { FormatOptions } from './format-options';
import { hasPeriodOptions, type PeriodOptions } from './period-options';
import { writtenFormat } from './read-format';

const OPTION_NAMES: Readonly<Record<string, string>> = { unit: '--period-unit', field: '--period-field', timestamp: '--timestamp' };

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
