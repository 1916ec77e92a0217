/** Small contents with their partials, made by hand and by no counter of the product, for tests of sinks. */
import { createHash } from 'node:crypto';
import { DEFAULT_FORMAT } from '../../src/core/format';
import type { TotalsEntry } from '../../src/core/partial';
import { decodePartial, encodePartial } from '../../src/core/partial-codec';
import type { Plan } from '../../src/core/plan';
import type { RejectSummary } from '../../src/core/reject';

/** `x` as a value is a line that is refused. */
export type Line = readonly [key: string, value: bigint | 'x'];

export interface CountedContent {
  readonly lines: readonly Line[];
  readonly sizeBytes: number;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly partials: readonly { readonly splitIndex: number; readonly blob: Uint8Array; readonly digest: string }[];
  /** Of the bytes that are counted. */
  readonly contentDigest: string;
  readonly truth: ReadonlyMap<string, { readonly sum: bigint; readonly count: bigint }>;
}

const RULE = { kind: 'none' } as const;

export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Two splits, cut anywhere, and none for a content of nothing. */
export function countedContent(
  lines: readonly Line[],
  options: { period?: string; cutAt?: number; terminated?: boolean } = {},
): CountedContent {
  const { period = '', terminated = true } = options;
  const whole = lines.map(([key, value]) => `${key} ${value}\n`).join('');
  const text = terminated ? whole : whole.slice(0, -1);
  const sizeBytes = Buffer.byteLength(text);
  const cut = Math.min(Math.max(1, options.cutAt ?? Math.floor(sizeBytes / 2)), sizeBytes);
  const bounds = [0, cut, sizeBytes].filter((offset, index, all) => index === 0 || offset !== all[index - 1]);
  const splits = bounds.slice(1).map((endOffset, index) => ({ startOffset: bounds[index] ?? 0, endOffset }));
  const plan: Plan = { grammarVersion: 1, format: DEFAULT_FORMAT, sizeBytes, splits, periodRule: RULE, period };
  const partials = splits.map((split, splitIndex) => {
    const blob = partialOf(lines, split, {
      terminated,
      blockDigests: splitIndex === 0 ? createHash('sha256').update(text).digest() : new Uint8Array(),
    });
    return { splitIndex, blob, digest: sha256(blob) };
  });
  const contentDigest = sha256(sizeBytes === 0 ? '' : createHash('sha256').update(text).digest());
  const planDigest = sha256(JSON.stringify(plan));
  return { lines, sizeBytes, plan, planDigest, partials, contentDigest, truth: sums(lines) };
}

/** The same with a period of each record's own: `x` as a value is refused all the same. */
export function contentOfRecords(
  records: readonly (readonly [period: string, key: string, value: bigint | 'x'])[],
  options: { cutAt?: number } = {},
): CountedContent {
  const content = countedContent(
    records.map(([period, key, value]) => [`${period}\0${key}`, value]),
    options,
  );
  const periodRule = { kind: 'record', unit: 'month', field: 3, timestamp: 'iso8601' } as const;
  const plan: Plan = { ...content.plan, grammarVersion: 3, periodRule };
  return { ...content, plan, planDigest: sha256(JSON.stringify(plan)) };
}

function partialOf(
  lines: readonly Line[],
  split: { startOffset: number; endOffset: number },
  { terminated, blockDigests }: { terminated: boolean; blockDigests: Uint8Array },
): Uint8Array {
  let offset = 0;
  let firstOffset: number | null = null;
  let nextOffset = split.startOffset;
  let unterminatedLastLine = false;
  const own: Line[] = [];
  const refused: number[] = [];
  lines.forEach(([key, value], index) => {
    const start = offset;
    const isLast = index === lines.length - 1;
    offset += Buffer.byteLength(`${key} ${value}\n`) - (isLast && !terminated ? 1 : 0);
    if (start < split.startOffset || start >= split.endOffset) return;
    firstOffset ??= start;
    nextOffset = offset;
    if (value === 'x') refused.push(start);
    else own.push([key, value]);
    if (isLast) unterminatedLastLine = !terminated;
  });
  const samples = refused.slice(0, 10).map((at) => ({ offset: at, bytes: Uint8Array.of(0x3f) }));
  const rejects: RejectSummary = refused.length === 0 ? {} : { value_syntax: { count: refused.length, samples } };
  const accounting = {
    firstOffset,
    nextOffset,
    bomBytes: 0 as const,
    lines: own.length + refused.length,
    records: own.length,
    blanks: 0,
    rejects,
    unterminatedLastLine,
  };
  return encodePartial({ accounting, entries: toEntries(sums(own)), blockDigests });
}

/** The same lines in a file that is decompressed: `storedText` stands for its stored bytes. */
export function compressedContent(lines: readonly Line[], storedText: string): CountedContent {
  const whole = countedContent(lines, { cutAt: Infinity });
  const sizeBytes = Buffer.byteLength(storedText);
  const splits = [{ startOffset: 0, endOffset: sizeBytes }];
  const compression = { kind: 'gzip', plainBytesMax: 1_000_000 } as const;
  const plan: Plan = { ...whole.plan, grammarVersion: 2, compression, sizeBytes, splits };
  const partial = decodePartial(whole.partials[0]!.blob);
  const plain = { bytes: whole.sizeBytes, digest: Buffer.from(whole.contentDigest, 'hex') };
  const blob = encodePartial({ ...partial, plain, blockDigests: createHash('sha256').update(storedText).digest() });
  const partials = [{ splitIndex: 0, blob, digest: sha256(blob) }];
  return { ...whole, sizeBytes, plan, planDigest: sha256(JSON.stringify(plan)), partials };
}

export function toEntries(truth: ReadonlyMap<string, { readonly sum: bigint; readonly count: bigint }>): TotalsEntry[] {
  return [...truth]
    .map(([key, { sum, count }]) => ({ key: Uint8Array.from(Buffer.from(key)), sum, count }))
    .sort((left, right) => Buffer.compare(left.key, right.key));
}

function sums(lines: readonly Line[]): Map<string, { sum: bigint; count: bigint }> {
  const truth = new Map<string, { sum: bigint; count: bigint }>();
  for (const [key, value] of lines) {
    if (value === 'x') continue;
    const { sum, count } = truth.get(key) ?? { sum: 0n, count: 0n };
    truth.set(key, { sum: sum + value, count: count + 1n });
  }
  return truth;
}
