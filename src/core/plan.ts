/** How one version of a file is counted. It lies in the file row; its digest travels in messages; workers count by it alone. */
import { resolveCompression } from './compression';
import type { Compression, CompressionRule } from './compression';
import { TallylineFailure } from './failures';
import { GRAMMAR_VERSION_CSV, GRAMMAR_VERSION_GZIP, GRAMMAR_VERSION_MAX, GRAMMAR_VERSION_PLAIN, hasHeader, isSplittable } from './format';
import type { Format } from './format';
import { resolvePeriod } from './period';
import type { RecordPeriod } from './record-period';
import { automaticSplitBytes, planSplits } from './split';
import type { Split } from './split';

export type PeriodUnit = 'hour' | 'day' | 'month';

/**
 * Which period the totals of a file belong to, in UTC. `sourceKey`: the first match of `pattern`, whose groups are year, month, day, hour.
 * `record`: each record says its own, which is the first field of its key.
 */
export type PeriodRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'admission'; readonly unit: PeriodUnit }
  | { readonly kind: 'sourceKey'; readonly unit: PeriodUnit; readonly pattern: string }
  | ({ readonly kind: 'record' } & RecordPeriod);

export interface Plan {
  readonly grammarVersion: number;
  readonly format: Format;
  /** Absent: the stored bytes are the text. So it was in every plan before grammar version 2. */
  readonly compression?: Compression;
  /** Of the stored bytes. */
  readonly sizeBytes: number;
  /** Cover the stored bytes [0, sizeBytes) without gap or overlap, in order; none for an empty file, one for a compressed one. */
  readonly splits: readonly Split[];
  readonly periodRule: PeriodRule;
  /** The rule applied to this file: '' for none and where each record has its own, else as 2026-11-23T14, 2026-11-23 or 2026-11. */
  readonly period: string;
}

export interface PlanInput {
  readonly format: Format;
  readonly compression: CompressionRule;
  readonly periodRule: PeriodRule;
  readonly sizeBytes: number;
  /** Wanted size of a split; without it what suits the file. */
  readonly splitBytes?: number;
  /** How much larger the first one is. */
  readonly headStartBytes?: number;
  readonly sourceKey: string;
  readonly firstSeenMs: number;
}

/**
 * Throws period_unknown when the rule finds no period for the file, and for an empty file compressed_damaged when it is to be
 * decompressed, header_unknown when it is to have a header.
 */
export function makePlan(input: PlanInput): Plan {
  const { format, compression: rule, periodRule, sizeBytes, headStartBytes, sourceKey, firstSeenMs } = input;
  const { splitBytes = automaticSplitBytes(sizeBytes) } = input;
  const compression = resolveCompression(rule, sourceKey, sizeBytes);
  if (hasHeader(format) && sizeBytes === 0) throw new TallylineFailure('header_unknown', 'the file has no header: it is empty');
  return {
    grammarVersion: lowestGrammarVersion(format, periodRule, compression),
    format,
    ...(compression && { compression }),
    sizeBytes,
    // Nobody can begin in the middle of a compressed stream.
    splits: compression || !isSplittable(format) ? planSplits(sizeBytes, sizeBytes) : planSplits(sizeBytes, splitBytes, headStartBytes),
    periodRule,
    period: resolvePeriod(periodRule, sourceKey, firstSeenMs),
  };
}

/** Workers of before count by what they know, and refuse the rest. */
function lowestGrammarVersion(format: Format, periodRule: PeriodRule, compression: Compression | null): number {
  if (format.kind === 'csv' || periodRule.kind === 'record') return GRAMMAR_VERSION_CSV;
  return compression ? GRAMMAR_VERSION_GZIP : GRAMMAR_VERSION_PLAIN;
}

/** How the plan says it to a counter. */
export function recordPeriodOf({ periodRule }: Pick<Plan, 'periodRule'>): RecordPeriod | undefined {
  if (periodRule.kind !== 'record') return undefined;
  const { unit, field, timestamp } = periodRule;
  return { unit, field, timestamp };
}

/** The same file where records span lines: only a count from its beginning knows where each begins. Null: it is so already, or cannot be. */
export function inOneSplit(plan: Plan): Plan | null {
  const { format, sizeBytes } = plan;
  if (format.kind !== 'csv' || format.spansLines) return null;
  return { ...plan, format: { ...format, spansLines: true }, splits: planSplits(sizeBytes, sizeBytes) };
}

/** Throws config_mismatch for a plan that a newer version made. */
export function requireKnownGrammar({ grammarVersion }: Pick<Plan, 'grammarVersion'>, file = 'a file'): void {
  if (grammarVersion <= GRAMMAR_VERSION_MAX) return;
  const fact = `the plan of ${file} has grammar version ${grammarVersion}; this worker knows ${GRAMMAR_VERSION_MAX}`;
  throw new TallylineFailure('config_mismatch', fact);
}

/** Most bytes that counting the file can come to, which is what it takes time for. */
export function countedBytesMax({ compression, splits }: Pick<Plan, 'compression' | 'splits'>): number {
  if (compression) return compression.plainBytesMax;
  return Math.max(0, ...splits.map((split) => split.endOffset - split.startOffset));
}
