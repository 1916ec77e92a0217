import { canonicalJson } from '../core/canonical-json';
import type { PipelineConfig } from './config';
import { toPeriodRule } from './convert';

/**
 * What makes sums of one pipeline comparable, as canonical text: key fields or columns, value, scale, unit and period rule.
 * How a line is taken apart (delimiter, limits) may change without changing what a sum means.
 */
export function pipelineMeaning(pipeline: PipelineConfig): string {
  const { kind, key, value, scale, unit } = pipeline.format;
  const what = kind === 'csv' ? { keyColumns: key, valueColumn: value } : { keyFields: key, valueField: value };
  return canonicalJson({ ...what, scale, unit, periodRule: toPeriodRule(pipeline) });
}
