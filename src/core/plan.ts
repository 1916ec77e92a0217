/** How one version of a file is counted. It lies in the file row; its digest travels in messages; workers count by it alone. */
import { GRAMMAR_VERSION } from './format';
import type { Format } from './format';
import { resolvePeriod } from './period';
import { planSplits } from './split';
import type { Split } from './split';

export type PeriodUnit = 'hour' | 'day' | 'month';

/** Which period the totals of a file belong to, in UTC. `sourceKey`: the first match of `pattern`, whose groups are year, month, day, hour. */
export type PeriodRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'admission'; readonly unit: PeriodUnit }
  | { readonly kind: 'sourceKey'; readonly unit: PeriodUnit; readonly pattern: string };

export interface Plan {
  readonly grammarVersion: number;
  readonly format: Format;
  readonly sizeBytes: number;
  /** Cover [0, sizeBytes) without gap or overlap, in order; none for an empty file. */
  readonly splits: readonly Split[];
  readonly periodRule: PeriodRule;
  /** The rule applied to this file: '' for none, else as 2026-11-23T14, 2026-11-23 or 2026-11. */
  readonly period: string;
}

export interface PlanInput {
  readonly format: Format;
  readonly periodRule: PeriodRule;
  readonly sizeBytes: number;
  /** Wanted size of a split. */
  readonly splitBytes: number;
  readonly sourceKey: string;
  readonly firstSeenMs: number;
}

/** Throws period_unknown when the rule finds no period for the file. */
export function makePlan({ format, periodRule, sizeBytes, splitBytes, sourceKey, firstSeenMs }: PlanInput): Plan {
  return {
    grammarVersion: GRAMMAR_VERSION,
    format,
    sizeBytes,
    splits: planSplits(sizeBytes, splitBytes),
    periodRule,
    period: resolvePeriod(periodRule, sourceKey, firstSeenMs),
  };
}
