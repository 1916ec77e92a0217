/** What the stored partials of one version come to: read back from the database, checked against their digests and the plan. */
import { assembleReceipt, type ReceiptPeriods } from '../../core/assemble-receipt';
import { TallylineFailure } from '../../core/failures';
import { mergeSorted } from '../../core/merge';
import type { TotalsEntry } from '../../core/partial';
import { describePeriods, groupByPeriod, type PeriodEntries } from '../../core/period-key';
import type { Plan } from '../../core/plan';
import { CONTRIBUTION_PART_ENTRIES } from '../../core/limits';
import { decodePartialHeader, iteratePartialEntries, splitPartial } from '../../core/partial-codec';
import type { Receipt } from '../../core/receipt';
import { sha256Hex } from '../content-digest';
import type { StoredFile, StoredPartial, StoredReceipt } from '../store';

/** damaged: these splits' partials are of no use and must be counted again. */
export type FileCount =
  | { readonly kind: 'complete'; readonly receipt: Receipt; readonly partials: readonly StoredPartial[] }
  | { readonly kind: 'incomplete'; readonly missingSplits: readonly number[] }
  | { readonly kind: 'damaged'; readonly splits: readonly number[]; readonly fact: string };

export interface EncodedTotals {
  readonly period: string;
  readonly count: number;
  readonly entries: Uint8Array;
}

export function assembleCount(row: StoredFile, stored: readonly StoredPartial[]): FileCount {
  const { plan, planDigest } = row;
  if (plan === null || planDigest === null)
    throw new TallylineFailure('invariant_violated', `file ${row.fileId} is ${row.state} without a plan`);
  const partials = stored
    .filter((partial) => partial.fileId === row.fileId && partial.version === row.version && partial.planDigest === planDigest)
    .sort((left, right) => left.splitIndex - right.splitIndex);
  const headers = partials.map((partial) => ({ partial, header: readHeader(partial) }));
  const damaged = headers.flatMap(({ partial, header }) => (header === null ? [partial.splitIndex] : []));
  if (damaged.length > 0) return { kind: 'damaged', splits: damaged, fact: `the partials of splits ${damaged.join(', ')} are damaged` };
  const readable = headers.flatMap(({ partial, header }) => (header === null ? [] : [{ ...header, splitIndex: partial.splitIndex }]));
  const periods = periodsOf(plan, partials);
  const assembled = assembleReceipt({ plan, planDigest, partials: readable, digest: sha256Hex, ...(periods && { periods }) });
  if (assembled.kind === 'incomplete') return assembled;
  // Nothing says which of them is wrong, so none is kept.
  if (assembled.kind === 'broken') return { kind: 'damaged', splits: partials.map(({ splitIndex }) => splitIndex), fact: assembled.fact };
  return { kind: 'complete', receipt: assembled.receipt, partials };
}

/** The file's totals per period and key, in order, one at a time. Sums may exceed 64 bits. */
export function mergePartials({ plan }: StoredFile, partials: readonly StoredPartial[]): Iterable<PeriodEntries> {
  const entries: Iterable<TotalsEntry> = mergeSorted(partials.map(({ blob }) => iteratePartialEntries(blob)));
  if (plan?.periodRule.kind === 'record') return groupByPeriod(entries, plan.periodRule.unit);
  return [{ period: plan?.period ?? '', entries }];
}

/** Of a file whose totals are those of one partial and one period, and few enough for one part of a contribution: its entries as they are encoded. */
export function encodedTotals({ plan }: StoredFile, partials: readonly StoredPartial[]): EncodedTotals | null {
  const [partial] = partials;
  if (partials.length !== 1 || partial === undefined || plan?.periodRule.kind === 'record') return null;
  const { count, entries } = splitPartial(partial.blob);
  return count <= CONTRIBUTION_PART_ENTRIES ? { period: plan?.period ?? '', count, entries } : null;
}

function periodsOf({ periodRule }: Plan, partials: readonly StoredPartial[]): ReceiptPeriods | null {
  if (periodRule.kind !== 'record') return null;
  // One partial after the other: decoding them is what costs.
  const lists = partials.map(({ blob }) => iteratePartialEntries(blob));
  return describePeriods(lists, periodRule.unit);
}

export function toStoredReceipt({ fileId, version }: StoredFile, receipt: Receipt, partials: readonly StoredPartial[]): StoredReceipt {
  return { fileId, version, receipt, partialDigests: partials.map(({ digest }) => digest).join(',') };
}

/** Null: the blob is not what was stored. */
function readHeader({ blob, digest }: StoredPartial): ReturnType<typeof decodePartialHeader> | null {
  return sha256Hex(blob) === digest ? decodePartialHeader(blob) : null;
}
