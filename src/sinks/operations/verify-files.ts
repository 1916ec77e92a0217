/** Each file row against itself, the ledger, its receipt and its contribution. */
import { VERIFY_FILES_PER_PAGE } from '../../core/limits';
import { decodeEntries } from '../../core/partial-codec';
import { sha256Hex } from '../content-digest';
import type { LedgerEntry } from '../sink';
import type { StoredContribution, StoredFile, StoredReceipt, StoreTransaction } from '../store';
import type { Mismatches } from './mismatches';

export async function verifyFiles(transaction: StoreTransaction, pipeline: string, mismatches: Mismatches): Promise<void> {
  let afterSequence = 0;
  for (;;) {
    const rows = await transaction.files.list({ pipeline, afterSequence, limit: VERIFY_FILES_PER_PAGE });
    await verifyPage(transaction, pipeline, rows, mismatches);
    const last = rows[rows.length - 1];
    if (last === undefined || mismatches.isFull) return;
    afterSequence = last.sequence;
  }
}

async function verifyPage(
  transaction: StoreTransaction,
  pipeline: string,
  rows: readonly StoredFile[],
  mismatches: Mismatches,
): Promise<void> {
  const inVersions = versionsIn(rows);
  const ledger = groupByFile(
    await transaction.ledger.ofFiles(
      pipeline,
      rows.map(({ fileId }) => fileId),
    ),
  );
  const receipts = groupByFile(await transaction.contributions.receipts(inVersions));
  const contributions = groupByFile(await transaction.contributions.read(inVersions));
  for (const row of rows) {
    verifyState(row, mismatches);
    verifyLedger(row, ledger.get(row.fileId) ?? [], mismatches);
    if (row.inVersion !== null) verifyProof(row, receipts.get(row.fileId)?.[0], contributions.get(row.fileId) ?? [], mismatches);
  }
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

function verifyProof(
  row: StoredFile,
  stored: StoredReceipt | undefined,
  contributions: readonly StoredContribution[],
  mismatches: Mismatches,
): void {
  const { fileId } = row;
  mismatches.expect('receipt_kept', fileId, true, stored !== undefined);
  mismatches.expect('contribution_kept', fileId, true, contributions.length > 0);
  let records = 0n;
  for (const { digest, blob } of contributions) {
    const isIntact = sha256Hex(blob) === digest;
    mismatches.expect('contribution_intact', fileId, true, isIntact);
    if (isIntact) for (const { count } of decodeEntries(blob)) records += count;
  }
  if (stored === undefined) return;
  const { receipt } = stored;
  mismatches.expect('receipt_bytes', fileId, row.sizeBytes, receipt.bytes);
  mismatches.expect('receipt_lines', fileId, receipt.lines, receipt.records + receipt.rejected + receipt.blanks);
  mismatches.expect('receipt_content', fileId, row.inContentDigest, receipt.contentDigest);
  mismatches.expect('receipt_records', fileId, BigInt(receipt.records), records);
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
