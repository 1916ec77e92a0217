/** Compares what the sink holds with totals that are known from elsewhere. */
import type { Sink } from '../sinks/sink';

export type Truth = Map<string, { readonly sum: bigint; readonly count: bigint }>;

export interface Comparison {
  readonly isEqual: boolean;
  readonly keys: number;
  /** Sums over all keys. */
  readonly counted: bigint;
  readonly emitted: bigint;
  readonly examples: readonly { readonly key: string; readonly found: bigint; readonly expected: bigint }[];
}

const PAGE_ROWS = 100_000;
const EXAMPLES = 5;

export async function compareTotals(sink: Sink, pipeline: string, truth: Truth): Promise<Comparison> {
  const found: Truth = new Map();
  let page = await sink.readTotals({ pipeline, limit: PAGE_ROWS });
  for (;;) {
    for (const { key, sum, count } of page.rows) found.set(Buffer.from(key).toString(), { sum, count });
    if (page.next === null) break;
    page = await sink.readTotals({ pipeline, after: page.next, limit: PAGE_ROWS });
  }
  const keys = [...new Set([...truth.keys(), ...found.keys()])];
  const differing = keys.filter((key) => found.get(key)?.sum !== truth.get(key)?.sum || found.get(key)?.count !== truth.get(key)?.count);
  return {
    isEqual: differing.length === 0,
    keys: keys.length,
    counted: sumOf(found),
    emitted: sumOf(truth),
    examples: [...differing, ...keys]
      .slice(0, EXAMPLES)
      .map((key) => ({ key, found: found.get(key)?.sum ?? 0n, expected: truth.get(key)?.sum ?? 0n })),
  };
}

function sumOf(totals: Truth): bigint {
  let sum = 0n;
  for (const entry of totals.values()) sum += entry.sum;
  return sum;
}
