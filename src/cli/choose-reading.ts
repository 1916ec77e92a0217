/** How `tallyline count` reads files: by a pipeline of the configuration, or by options. What only one of them needs is loaded for it alone. */
/* eslint-disable @typescript-eslint/no-require-imports -- it takes longer to load than a small file to count */
import { toCompression, toFormat, toPeriodRule } from '../config/convert';
import { DEFAULT_COMPRESSION } from '../core/compression';
import { TallylineFailure } from '../core/failures';
import { recordPeriodOf } from '../core/plan';
import type { CommonOptions } from './context';
import type { Reading } from './count-file';
import { hasFormatOptions, type FormatOptions } from './format-options';
import { hasPeriodOptions, type PeriodOptions } from './period-options';
import { formatFromOptions } from './read-format';

/** Throws config_invalid. */
export function chooseReading(options: CommonOptions & FormatOptions & PeriodOptions, isPipelineNamed: boolean): Omit<Reading, 'isProven'> {
  if (!isPipelineNamed) {
    const format = formatFromOptions(options);
    if (!hasPeriodOptions(options)) return { format, compression: DEFAULT_COMPRESSION };
    const { periodFromOptions } = require('./read-period') as typeof import('./read-period');
    return { format, compression: DEFAULT_COMPRESSION, recordPeriod: periodFromOptions(options, options) };
  }
  if (!hasFormatOptions(options) && !hasPeriodOptions(options)) {
    const { loadPipeline } = require('./load-pipeline') as typeof import('./load-pipeline');
    const { pipeline } = loadPipeline(options);
    const recordPeriod = recordPeriodOf({ periodRule: toPeriodRule(pipeline) });
    return { format: toFormat(pipeline), compression: toCompression(pipeline), recordPeriod };
  }
  throw new TallylineFailure('config_invalid', 'the format is given twice: by a pipeline and by options; leave one of them out');
}
