/** What must hold at every instant: each file at most once in the totals, which are the contents of exactly the files that the ledger holds. */
import { INT64_MAX } from '../../src/core/limits';
import type { FileRow, LedgerEntry, LedgerKind } from '../../src/sinks/sink';
import type { Instant } from './instant';
import { isIn, type Knowledge } from './knowledge';

const CHANGES_TOTALS: readonly LedgerKind[] = ['counted', 'retracted', 'superseded'];

export function judgeInstant({ rows, ledger, totals }: Instant, knowledge: Knowledge): void {
  const held = readLedger(ledger);
  for (const { fileId, inVersion } of rows) equal(`version of ${fileId} in the totals`, inVersion, held.get(fileId) ?? null);
  const rowsIn = rows.filter(isIn);
  equal('files in', rowsIn.length, held.size);
  const found = totals.map(({ period, key, sum, count }) => `${period}${Buffer.from(key).toString()}=${sum}/${count}`);
  equal('totals', found.sort().join(' '), addUp(rowsIn, knowledge).sort().join(' '));
  judgePolicies(rowsIn, knowledge);
}

/** Which version of which file is in. Nothing may change the totals while the pipeline is stopped. */
function readLedger(ledger: readonly LedgerEntry[]): Map<string, number> {
  const held = new Map<string, number>();
  let isStopped = false;
  ledger.forEach(({ number, kind, fileId, version }, index) => {
    equal('ledger number', number, index + 1);
    if (kind === 'stopped' || kind === 'resumed') isStopped = kind === 'stopped';
    if (!CHANGES_TOTALS.includes(kind)) return;
    equal('changes of the totals while stopped', Number(isStopped), 0);
    if (kind === 'counted') held.set(fileId!, version!);
    else held.delete(fileId!);
  });
  return held;
}

function addUp(rowsIn: readonly FileRow[], knowledge: Knowledge): string[] {
  const sums = new Map<string, [bigint, bigint]>();
  for (const row of rowsIn) {
    const period = knowledge.periodIn(row) ?? '';
    for (const [key, { sum, count }] of knowledge.files.contentOf(row).plans[0]!.truth) {
      const [sumBefore, countBefore] = sums.get(period + key) ?? [0n, 0n];
      sums.set(period + key, [sumBefore + sum, countBefore + count]);
    }
  }
  return [...sums].map(([key, [sum, count]]) => {
    equal(`total of ${key} fits 64 bits`, Number(sum <= INT64_MAX), 1);
    return `${key}=${sum}/${count}`;
  });
}

function judgePolicies(rowsIn: readonly FileRow[], { files, policies }: Knowledge): void {
  const distinct = (values: readonly unknown[]) => new Set(values).size;
  const refused = rowsIn.filter((row) => files.contentOf(row).refusedAs !== null);
  equal('refused files in', refused.length, 0);
  // By default an empty generation bills nothing, and may be in beside another.
  const alone = policies.changedFile === 'quarantine' ? rowsIn.filter(({ sizeBytes }) => sizeBytes > 0) : rowsIn;
  if (policies.changedFile !== 'count-new') equal('generations in', distinct(alone.map(({ sourceKey }) => sourceKey)), alone.length);
  const billing = rowsIn.filter((row) => files.contentOf(row).hasRecords);
  if (policies.duplicateContent === 'quarantine')
    equal('contents in', distinct(billing.map((row) => files.contentOf(row))), billing.length);
  // The same content under the same sourceKey is an alias, whatever the policies.
  for (const sourceKey of new Set(rowsIn.map((row) => row.sourceKey))) {
    const contents = rowsIn.filter((row) => row.sourceKey === sourceKey).map((row) => files.contentOf(row));
    equal(`contents of ${sourceKey} in`, distinct(contents), contents.length);
  }
}

/** As expect(found).toBe(expected), which is too slow for millions of times. */
function equal(what: string, found: string | number | null, expected: string | number | null): void {
  if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}
