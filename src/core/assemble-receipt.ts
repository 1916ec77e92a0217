/** From the partials of one plan to the receipt of the file, or to what is missing or wrong. */
import type { Compression } from './compression';
import { hasHeader } from './format';
import { BLOCK_DIGEST_BYTES, DIGEST_BLOCK_BYTES } from './limits';
import type { PartialHeader } from './partial-codec';
import type { PlainBytes, SplitAccounting } from './partial';
import type { Plan } from './plan';
import type { Receipt, ReceiptReject } from './receipt';
import { REJECT_REASONS } from './reject';
import type { RejectReason, RejectSummary } from './reject';
import { countRejected, mergeRejects } from './reject-summary';
import { escapeBytes } from './source-key';

export interface ReceiptInput {
  readonly plan: Plan;
  readonly planDigest: string;
  /** In any order. */
  readonly partials: readonly (PartialHeader & { readonly splitIndex: number })[];
  /** Of a plan by which each record has a period of its own. */
  readonly periods?: ReceiptPeriods;
  /** Hex. Null: the bytes were not digested, and the receipt has an empty content digest, which proves nothing. */
  readonly digest: ((bytes: Uint8Array) => string) | null;
  /** Only tests take another than DIGEST_BLOCK_BYTES. */
  readonly digestBlockBytes?: number;
}

export type ReceiptPeriods = Pick<Receipt, 'periods' | 'firstPeriod' | 'lastPeriod'>;

/** broken: the partials contradict each other or the plan, so at least one of them is not a count of this file. */
export type AssembledReceipt =
  | { readonly kind: 'complete'; readonly receipt: Receipt }
  | { readonly kind: 'incomplete'; readonly missingSplits: number[] }
  | { readonly kind: 'broken'; readonly fact: string };

export function assembleReceipt(input: ReceiptInput): AssembledReceipt {
  const { plan, planDigest, digest } = input;
  const partials = [...input.partials].sort((left, right) => left.splitIndex - right.splitIndex);
  const missingSplits = plan.splits.map((_, index) => index).filter((index) => !partials.some(({ splitIndex }) => splitIndex === index));
  if (missingSplits.length > 0) return { kind: 'incomplete', missingSplits };
  const accountings = partials.map(({ accounting }) => accounting);
  const rejects = mergeRejects(accountings.map((accounting) => accounting.rejects));
  const receipt: Receipt = {
    bytes: plan.sizeBytes,
    ...(plan.compression && describePlain(plan.compression, partials[0]?.plain)),
    lines: total(accountings, 'lines'),
    records: total(accountings, 'records'),
    ...input.periods,
    blanks: total(accountings, 'blanks'),
    rejected: countRejected(rejects),
    rejects: describeRejects(rejects),
    bomBytes: accountings[0]?.bomBytes ?? 0,
    ...(accountings[0]?.headerBytes !== undefined && { headerBytes: accountings[0].headerBytes }),
    unterminatedLastLine: accountings.some(({ unterminatedLastLine }) => unterminatedLastLine),
    splits: plan.splits.length,
    contentDigest: digest?.(concatenate(partials.map(({ blockDigests }) => blockDigests))) ?? '',
    planDigest,
    grammarVersion: plan.grammarVersion,
  };
  const fact = findContradiction(input, partials, receipt);
  return fact === null ? { kind: 'complete', receipt } : { kind: 'broken', fact };
}

function findContradiction(input: ReceiptInput, partials: ReceiptInput['partials'], receipt: Receipt): string | null {
  const { plan, digestBlockBytes = DIGEST_BLOCK_BYTES } = input;
  if (partials.length !== plan.splits.length) return `${partials.length} partials for ${plan.splits.length} splits`;
  if (receipt.lines !== receipt.records + receipt.rejected + receipt.blanks)
    return `${receipt.lines} lines are not accounted for one by one`;
  if (hasHeader(plan.format) && plan.sizeBytes > 0 && receipt.headerBytes === undefined) return 'nothing says how long the header is';
  if (partials.some(({ accounting }, index) => accounting.headerBytes !== undefined && (index > 0 || !hasHeader(plan.format))))
    return 'a header was found where none is';
  if (!plan.compression && partials.some(({ plain }) => plain !== undefined)) return 'what was not to be decompressed was';
  const blocks = Math.ceil(plan.sizeBytes / digestBlockBytes);
  const digestBytes = partials.reduce((sum, { blockDigests }) => sum + blockDigests.length, 0);
  if (input.digest && digestBytes !== blocks * BLOCK_DIGEST_BYTES) return `${digestBytes} bytes of block digests for ${blocks} blocks`;
  return plan.compression ? findPlainGap(plan.compression, partials) : findGap(plan, partials);
}

/** The blocks prove that all stored bytes were read; the plain bytes must be accounted for from the first to the last, too. */
function findPlainGap({ plainBytesMax }: Compression, partials: ReceiptInput['partials']): string | null {
  const plainBytes = partials[0]?.plain?.bytes;
  if (partials.length !== 1 || plainBytes === undefined) return 'nothing says how many plain bytes there are';
  if (plainBytes > plainBytesMax) return `${plainBytes} plain bytes, of at most ${plainBytesMax}`;
  const splits = [{ startOffset: 0, endOffset: plainBytes }];
  return findGap({ sizeBytes: plainBytes, splits }, partials);
}

/** The ranges accounted for, [firstOffset, nextOffset), must follow each other from the file's first line to its end. */
function findGap(plan: Pick<Plan, 'sizeBytes' | 'splits'>, partials: ReceiptInput['partials']): string | null {
  const first = partials[0]?.accounting;
  let offset = (first?.bomBytes ?? 0) + (first?.headerBytes ?? 0);
  for (const { accounting, splitIndex } of partials) {
    const { firstOffset, nextOffset } = accounting;
    const split = plan.splits[splitIndex];
    if (firstOffset === null) {
      if (accounting.lines > 0) return `split ${splitIndex} has lines but no range`;
      continue;
    }
    if (firstOffset !== offset) return `split ${splitIndex} begins at ${firstOffset}, where ${offset} was to follow`;
    if (split === undefined || firstOffset < split.startOffset || firstOffset >= split.endOffset)
      return `split ${splitIndex} begins outside of its bounds`;
    offset = nextOffset;
  }
  return offset === plan.sizeBytes ? null : `the count ends at ${offset} of ${plan.sizeBytes} bytes`;
}

function describePlain({ kind }: Compression, plain: PlainBytes | undefined): Pick<Receipt, 'compression' | 'plainBytes' | 'plainDigest'> {
  return { compression: kind, ...(plain && { plainBytes: plain.bytes, plainDigest: toHex(plain.digest) }) };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function describeRejects(rejects: RejectSummary): Receipt['rejects'] {
  const described: Partial<Record<RejectReason, ReceiptReject>> = {};
  for (const reason of REJECT_REASONS) {
    const found = rejects[reason];
    if (found === undefined) continue;
    described[reason] = { count: found.count, samples: found.samples.map(({ offset, bytes }) => ({ offset, text: escapeBytes(bytes) })) };
  }
  return described;
}

function total(accountings: readonly SplitAccounting[], name: 'lines' | 'records' | 'blanks'): number {
  return accountings.reduce((sum, accounting) => sum + accounting[name], 0);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
