/** The options that describe the period of each record on the command line. */
import type { Command } from 'commander';

export interface PeriodOptions {
  readonly periodUnit?: string;
  readonly periodField?: string;
  readonly timestamp?: string;
}

export function withPeriodOptions(command: Command): Command {
  return command
    .option('--period-unit <unit>', 'totals per hour, day or month of each record, in UTC; needs the next two')
    .option('--period-field <field>', 'the field, or the column of CSV, that holds the timestamp of a record')
    .option('--timestamp <kind>', 'how it is written: iso8601, unixSeconds, unixMilliseconds');
}

export function hasPeriodOptions({ periodUnit, periodField, timestamp }: PeriodOptions): boolean {
  return periodUnit !== undefined || periodField !== undefined || timestamp !== undefined;
}
