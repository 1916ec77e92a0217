/** Which period totals belong to. */
import { z } from 'zod';

import { FIELDS_PER_LINE_MAX } from '../core/limits';
import { choice } from './option-values';
import { judgePattern } from './safe-pattern';

const PERIOD_UNITS = ['hour', 'day', 'month'] as const;
const TIMESTAMPS = ['iso8601', 'unixSeconds', 'unixMilliseconds'] as const;
const COLUMN_NAME = /^[^\p{Cc}]{1,1000}$/u;

export const periodSchema = z.preprocess(
  (value) => (value === 'none' ? { from: 'none' } : value),
  z.strictObject({
    from: choice(
      ['none', 'admission', 'sourceKey', 'record'],
      'What the period is taken from: nothing, the first sight of the file, its sourceKey, or a timestamp in each record. `period: none` is short for the first.',
    ).prefault('none'),
    unit: choice(PERIOD_UNITS, 'The length of a period, in UTC. Needed unless `from` is `none`.').optional(),
    pattern: z
      .string()
      .superRefine((value, context) => {
        const fault = judgePattern(value);
        if (fault !== null) context.addIssue({ code: 'custom', message: fault });
      })
      .meta({
        allowed: 'a regular expression of bounded cost: no back references, no look-around, no repeated groups, at most one `*` or `+`',
        description: 'Finds the period in the sourceKey: its groups are year, month, day and hour, as far as the unit needs them.',
      })
      .optional(),
    field: z
      .union([z.int().min(1).max(FIELDS_PER_LINE_MAX), z.string().regex(COLUMN_NAME)])
      .meta({
        allowed: 'the number of a field, from 1; the name of a column where the format has names',
        description: 'The field of each record that holds its timestamp. It may be part of the key, and is not the value.',
      })
      .optional(),
    timestamp: choice(
      TIMESTAMPS,
      'How the timestamp of a record is written: `2026-11-23T14:05:06Z`, or whole seconds or milliseconds since 1970. See timestamps.md.',
    ).optional(),
  }),
);
