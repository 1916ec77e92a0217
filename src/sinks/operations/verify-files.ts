/** Each file row against itself, the ledger, its receipt and its contribution. */
import { VERIFY_FILES_PER_PAGE } from '../../core/limits';
import { countedDigest } from '../../core/receipt';
import type { LedgerEntry, PipelineRow } from '../sink';
import type { Posting, StoredFile, StoredReceipt, StoreTransaction } from '../store';
import type { StoredDisposal } from '../store-disposals';
import { openPart, readParts } from './contribution-store';
import type { Mismatches } from './mismatches';

export async function verifyFiles(transaction: StoreTransaction, pipeline: PipelineRow, mismatches: Mismatches): Promise<void> {
  let afterSequence = 0;
  for (;;) {
    const rows = await transaction.files.list({ pipeline: pipeline.pipeline, afterSequence, limit: VERIFY_FILES_PER_PAGE });
    await verifyPage(transaction, pipeline, rows, mismatches);
    const last = rows[rows.length - 1];
    if (last === undefined || mismatches.isFull) return;
    afterSequence = last.sequence;
  }
}

async function verifyPage(
  transaction: StoreTransaction,
  pipeline: PipelineRow,
  rows: readonly StoredFile[],
  mismatches: Mismatches,
): Promise<void> {
  const fileIds = rows.map(({ fileId }) => fileId);
  const ledger = groupByFile(await transaction.ledger.ofFiles(pipeline.pipeline, fileIds));
  const postings = groupByFile(await transaction.postings.ofFiles(pipeline.pipeline, fileIds));
  const disposals = groupByFile(await transaction.disposals.read(fileIds));
  const receipts = new Map((await transaction.receipts.read(versionsIn(rows))).map((receipt) => [receipt.fileId, receipt]));
  const held = await readHeld(transaction, rows, mismatches);
  for (const row of rows) {
    const posted = postings.get(row.fileId) ?? [];
    verifyState(row, mismatches);
    verifyLedger(row, ledger.get(row.fileId) ?? [], mismatches);
    verifyDisposals(disposals.get(row.fileId) ?? [], ledger.get(row.fileId) ?? [], mismatches);
    verifyPostings(row, posted, mismatches);
    if (row.inVersion === null) continue;
    const isPruned = posted.every(({ version, number }) => version !== row.inVersion || number <= pipeline.prunedThrough);
    verifyProof(row, receipts.get(row.fileId), held.get(row.fileId) ?? (isPruned ? 'pruned' : 'gone'), mismatches);
  }
}

interface Held {
  readonly records: bigint;
  readonly periods: Set<string>;
}

/** What the contributions in the totals hold, by file; of a file without a contribution there is nothing. */
async function readHeld(transaction: StoreTransaction, rows: readonly StoredFile[], mismatches: Mismatches): Promise<Map<string, Held>> {
  const held = new Map<string, Held>();
  for await (const part of readParts(transaction, versionsIn(rows))) {
    let records = held.get(part.fileId)?.records ?? 0n;
    const periods = held.get(part.fileId)?.periods ?? new Set();
    mismatches.guard('contribution_intact', part.fileId, () => {
      for (const { count } of openPart(part)) records += count;
    });
    if (part.entries > 0) periods.add(part.period);
    held.set(part.fileId, { records, periods });
  }
  return held;
}

export function versionsIn(rows: readonly StoredFile[]): { fileId: string; version: number }[] {
  return rows.flatMap(({ fileId, inVersion }) => (inVersion === null ? [] : [{ fileId, version: inVersion }]));
}

function verifyState(row: StoredFile, mismatches: Mismatches): void {
  const { fileId, state, version, inVersion, reason, plan, planDigest } = row;
  if (state === 'in') mismatches.expect('row_in', fileId, version, inVersion);
  if (state === 'out' || state === 'superseded' || state === 'alias') mismatches.expect('row_out', fileId, null, inVersion);
  mismatches.expect('row_version', fileId, true, version >= 1 && (inVersion === null || (inVersion >= 1 && inVersion <= version)));
  mismatches.expect('row_reason', fileId, state === 'quarantined', reason !== null);
  mismatches.expect('row_digest', fileId, inVersion !== null, row.inContentDigest !== null);
  if (state === 'counting' || state === 'counted' || state === 'in')
    mismatches.expect('row_plan', fileId, true, plan !== null && planDigest !== null);
}

/** What the ledger said last about a file is what the row says; `counted` stands once for the version that is in. */
function verifyLedger({ fileId, inVersion }: StoredFile, entries: readonly LedgerEntry[], mismatches: Mismatches): void {
  let told: number | null = null;
  for (const { kind, version } of entries) {
    if (kind === 'counted') told = version;
    if (kind === 'retracted' || kind === 'superseded') told = null;
  }
  mismatches.expect('ledger_file', fileId, told, inVersion);
  if (inVersion === null) return;
  const counted = entries.filter((entry) => entry.kind === 'counted' && entry.version === inVersion).length;
  mismatches.expect('ledger_counted_once', fileId, 1, counted);
}

/** No source file was touched whose content the totals never held. */
function verifyDisposals(disposals: readonly StoredDisposal[], entries: readonly LedgerEntry[], mismatches: Mismatches): void {
  for (const { fileId, version } of disposals) {
    const isCounted = entries.some((entry) => entry.kind === 'counted' && entry.version === version);
    mismatches.expect('disposal_counted', `${fileId} ${version}`, true, isCounted);
  }
}

/** What went in and out of the totals by postings comes to the version that is in, once, and to nothing of any other. */
function verifyPostings({ fileId, inVersion }: StoredFile, postings: readonly Posting[], mismatches: Mismatches): void {
  const nets = new Map<string, number>();
  for (const { version, ofPeriod, sign } of postings) {
    const id = `${version} ${ofPeriod}`;
    nets.set(id, (nets.get(id) ?? 0) + sign);
  }
  for (const [id, net] of nets) mismatches.expect('postings_net', `${fileId} ${id}`, Number(id.startsWith(`${String(inVersion)} `)), net);
  if (inVersion !== null) {
    const isPosted = postings.some(({ version }) => version === inVersion);
    mismatches.expect('postings_kept', fileId, true, isPosted);
  }
}

function verifyProof(row: StoredFile, stored: StoredReceipt | undefined, held: Held | 'pruned' | 'gone', mismatches: Mismatches): void {
  const { fileId } = row;
  mismatches.expect('receipt_kept', fileId, true, stored !== undefined);
  mismatches.expect('contribution_kept', fileId, true, held !== 'gone');
  if (stored === undefined) return;
  const { receipt } = stored;
  mismatches.expect('receipt_bytes', fileId, row.sizeBytes, receipt.bytes);
  mismatches.expect('receipt_lines', fileId, receipt.lines, receipt.records + receipt.rejected + receipt.blanks);
  mismatches.expect('receipt_content', fileId, row.inContentDigest, countedDigest(receipt));
  if (typeof held === 'string') return;
  mismatches.expect('receipt_records', fileId, BigInt(receipt.records), held.records);
  if (receipt.periods !== undefined) mismatches.expect('receipt_periods', fileId, receipt.periods, held.periods.size);
}

function groupByFile<Item extends { readonly fileId: string | null }>(items: readonly Item[]): Map<string | null, Item[]> {
  const groups = new Map<string | null, Item[]>();
  for (const item of items) {
    const group = groups.get(item.fileId);
    if (group) group.push(item);
    else groups.set(item.fileId, [item]);
  }
  return groups;
}
