/** Which files and ledger entries made the totals of one key. Reads every contribution that is kept, one part at a time. */
import { compareBytes } from '../../core/byte-order';
import { ADJUSTED_PERIODS_MAX, EXPLAIN_STEPS_MAX } from '../../core/limits';
import type { TotalsEntry } from '../../core/partial';
import type { FileVersion, TotalsRow } from '../sink';
import type { Explanation, ExplainResult } from '../sink-totals';
import type { Posting, StoreTransaction } from '../store';
import type { TotalsTable } from '../store-totals';
import { openPart, readParts } from './contribution-store';
import { requirePipeline } from './pipeline-lock';
import { postingPages, versionsOf } from './posted-parts';

interface ExplainInput {
  readonly pipeline: string;
  readonly key: Uint8Array;
  readonly period?: string;
}

interface Step {
  readonly posting: Posting;
  readonly entry: TotalsEntry;
}

export async function explain(transaction: StoreTransaction, { pipeline, key, period }: ExplainInput): Promise<ExplainResult> {
  const row = requirePipeline(await transaction.pipelines.read(pipeline), pipeline);
  const steps: Explanation[] = [];
  let isCut = false;
  for await (const page of postingPages(transaction, pipeline, row.prunedThrough)) {
    const wanted = page.filter((posting) => period === undefined || posting.period === period);
    const found = await findSteps(transaction, wanted, key);
    steps.push(...(await tell(transaction, pipeline, found)));
    isCut = steps.length > EXPLAIN_STEPS_MAX;
    if (isCut) break;
  }
  return {
    steps: steps.slice(0, EXPLAIN_STEPS_MAX),
    carriedForward: await ofKey(transaction.prunedTotals, pipeline, key, period),
    totals: await ofKey(transaction.totals, pipeline, key, period),
    ledgerSequence: row.ledgerSequence,
    ledgerId: row.ledgerId,
    isCut,
  };
}

async function findSteps(transaction: StoreTransaction, postings: readonly Posting[], key: Uint8Array): Promise<Step[]> {
  const entries = new Map<string, TotalsEntry>();
  const idOf = (file: FileVersion, ofPeriod: string): string => JSON.stringify([file.fileId, file.version, ofPeriod]);
  const wanted = new Set(postings.map((posting) => idOf(posting, posting.ofPeriod)));
  for await (const part of readParts(transaction, versionsOf(postings), (each) => wanted.has(idOf(each, each.period)))) {
    const entry = findEntry(openPart(part), key);
    if (entry !== null) entries.set(idOf(part, part.period), entry);
  }
  return postings.flatMap((posting) => {
    const entry = entries.get(idOf(posting, posting.ofPeriod));
    return entry === undefined ? [] : [{ posting, entry }];
  });
}

/** Entries come in order of their keys. */
function findEntry(entries: Iterable<TotalsEntry>, key: Uint8Array): TotalsEntry | null {
  for (const entry of entries) {
    const order = compareBytes(entry.key, key);
    if (order === 0) return entry;
    if (order > 0) return null;
  }
  return null;
}

async function tell(transaction: StoreTransaction, pipeline: string, steps: readonly Step[]): Promise<Explanation[]> {
  if (steps.length === 0) return [];
  const fileIds = [...new Set(steps.map(({ posting }) => posting.fileId))];
  const rows = new Map((await transaction.files.read(fileIds)).map((row) => [row.fileId, row]));
  const entries = new Map((await transaction.ledger.ofFiles(pipeline, fileIds)).map((entry) => [entry.number, entry]));
  // A file that superseded another is in the ledger under its own number.
  return steps.flatMap(({ posting, entry }) => {
    const { number, fileId, version, period, ofPeriod, sign } = posting;
    const ledger = entries.get(number);
    if (ledger === undefined) return [];
    const { kind, by, reason, atMs } = ledger;
    const adjusts = period === ofPeriod ? '' : ofPeriod;
    const [sum, count] = [entry.sum * BigInt(sign), entry.count * BigInt(sign)];
    return [{ number, kind, by, reason, atMs, fileId, sourceKey: rows.get(fileId)?.sourceKey ?? '', version, period, adjusts, sum, count }];
  });
}

async function ofKey(table: TotalsTable, pipeline: string, key: Uint8Array, period: string | undefined): Promise<readonly TotalsRow[]> {
  const rows: TotalsRow[] = [];
  for (const each of period === undefined ? await periodsOf(table, pipeline) : [period]) {
    const own = { period: each, key, adjusts: '' };
    rows.push(...(await table.read(pipeline, [own])));
    // Adjustments of the key follow its own total.
    const page = await table.page(pipeline, own, ADJUSTED_PERIODS_MAX, each);
    rows.push(...page.filter((row) => compareBytes(row.key, key) === 0));
  }
  return rows;
}

async function periodsOf(table: TotalsTable, pipeline: string): Promise<string[]> {
  const periods: string[] = [];
  let [row] = await table.page(pipeline, null, 1);
  while (row !== undefined) {
    periods.push(row.period);
    // After every row of the period: no text of a period goes on after the character that no period has.
    [row] = await table.page(pipeline, { period: `${row.period}\n`, key: new Uint8Array(), adjusts: '' }, 1);
  }
  return periods;
}
