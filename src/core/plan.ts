/** How one version of a file is counted. It lies in the file row; its digest travels in messages; workers count by it alone. */
import { resolveCompression } from './compression';
import type { Compression, CompressionRule } from './compression';
import { TallylineFailure } from './failures';
import { GRAMMAR_VERSION_GZIP, GRAMMAR_VERSION_MAX, GRAMMAR_VERSION_PLAIN } from './format';
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
  /** Absent: the stored bytes are the text. So it was in every plan before grammar version 2. */
  readonly compression?: Compression;
  /** Of the stored bytes. */
  readonly sizeBytes: number;
  /** Cover the stored bytes [0, sizeBytes) without gap or overlap, in order; none for an empty file, one for a compressed one. */
  readonly splits: readonly Split[];
  readonly periodRule: PeriodRule;
  /** The rule applied to this file: '' for none, else as 2026-11-23T14, 2026-11-23 or 2026-11. */
  readonly period: string;
}

export interface PlanInput {
  readonly format: Format;
  readonly compression: CompressionRule;
  readonly periodRule: PeriodRule;
  readonly sizeBytes: number;
  /** Wanted size of a split. */
  readonly splitBytes: number;
  readonly sourceKey: string;
  readonly firstSeenMs: number;
}

/** Throws period_unknown when the rule finds no period for the file, compressed_damaged for an empty file that is to be decompressed. */
export function makePlan({ format, compression: rule, periodRule, sizeBytes, splitBytes, sourceKey, firstSeenMs }: PlanInput): Plan {
  const compression = resolveCompression(rule, sourceKey, sizeBytes);
  return {
    grammarVersion: compression ? GRAMMAR_VERSION_GZIP : GRAMMAR_VERSION_PLAIN,
    format,
    ...(compression && { compression }),
    sizeBytes,
    // Nobody can begin in the middle of a compressed stream.
    splits: planSplits(sizeBytes, compression ? sizeBytes : splitBytes),
    periodRule,
    period: resolvePeriod(periodRule, sourceKey, firstSeenMs),
  };
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
