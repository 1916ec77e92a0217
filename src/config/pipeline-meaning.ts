import { canonicalJson } from '../core/canonical-json';
import type { PipelineConfig } from './config';
import { toPeriodRule } from './convert';

/**
 * What makes sums of one pipeline comparable, as canonical text: key fields, value field, scale, unit and period rule.
 * How a line is taken apart (delimiter, limits) may change without changing what a sum means.
 */
export function pipelineMeaning(pipeline: PipelineConfig): string {
  const { key, value, scale, unit } = pipeline.format;
  return canonicalJson({ keyFields: key, valueField: value, scale, unit, periodRule: toPeriodRule(pipeline) });
}
