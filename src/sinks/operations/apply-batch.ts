/** The files of one apply transaction: judged one after the other, each seeing what those before it changed, and written together. */
import { decideApply, type ApplyDecision } from '../../core/apply-decision';
import type { QuarantineReason } from '../../core/failures';
import { judgeReceipt } from '../../core/judge-receipt';
import { findOverflow } from '../../core/merge';
import type { TotalsEntry } from '../../core/partial';
import type { Receipt } from '../../core/receipt';
import { escapeBytes } from '../../core/source-key';
import type { ApplyInput, ApplyOutcome, LedgerEntry } from '../sink';
import type { StoredContribution, StoredFile, StoredReceipt, StoreTransaction } from '../store';
import { openContribution, readContributionIn, toStoredContribution } from './contribution-store';
import { toStoredReceipt, type FileCount } from './file-count';
import { moveRow, saveRows } from './row-change';
import { takeOutRow } from './take-out';
import { WorkingTotals, type Contribution } from './working-totals';

export interface CountedFile {
  readonly row: StoredFile;
  readonly count: FileCount;
  readonly entries: readonly TotalsEntry[];
}

const BY_APPLY = 'apply';

export class ApplyBatch {
  private readonly totals: WorkingTotals;
  /** Every row that may matter to a decision, as changed so far. */
  private readonly rows = new Map<string, StoredFile>();
  private readonly changed = new Set<string>();
  private readonly contributions = new Map<string, StoredContribution>();
  private readonly receipts: StoredReceipt[] = [];
  private readonly ledger: Omit<LedgerEntry, 'number'>[] = [];

  constructor(
    private readonly transaction: StoreTransaction,
    private readonly input: ApplyInput,
  ) {
    this.totals = new WorkingTotals(transaction, input.pipeline);
  }

  /** Reads at once what the usual case needs: the totals of all keys, and the rows that the policies compare. */
  async load(
    files: readonly { readonly row: StoredFile; readonly receipt: Receipt; readonly entries: readonly TotalsEntry[] }[],
  ): Promise<void> {
    if (files.length === 0) return;
    const { pipeline } = this.input;
    const rows = files.map(({ row }) => row);
    const generations = await this.transaction.files.generations(pipeline, rows);
    // A file without records is never judged by its content, and every empty file shares one digest.
    // Where equal contents are all counted, every file before it may be a holder: nobody asks for them.
    const isJudged = this.input.policies.duplicateContent !== 'count';
    const judged = files.filter(({ receipt }) => isJudged && receipt.records > 0);
    const holders = await this.transaction.files.holders(pipeline, [...new Set(judged.map(({ receipt }) => receipt.contentDigest))]);
    const locked = await this.transaction.files.lock([...new Set([...generations, ...holders].map(({ fileId }) => fileId))]);
    for (const row of [...locked, ...rows]) this.rows.set(row.fileId, row);
    const fitting = files.filter(({ entries }) => findOverflow(entries) === null);
    await this.totals.load(fitting.map(({ row, entries }) => ({ period: periodOf(row), entries })));
  }

  async applyFile({ row: before, count, entries }: CountedFile): Promise<ApplyOutcome> {
    const row = this.rows.get(before.fileId) ?? before;
    // A file before it in the batch superseded this very generation.
    if (row.version !== before.version) return { fileId: row.fileId, version: before.version, outcome: 'superseded', reason: null };
    if (count.kind !== 'complete') return await this.countAgain(row, count);
    const { receipt, partials } = count;
    const judged = { ...row, contentDigest: receipt.contentDigest };
    this.receipts.push(toStoredReceipt(row, receipt, partials));
    const verdict = judgeReceipt(receipt, this.input.policies) ?? judgeSums(entries);
    if (verdict) return this.setAside(judged, verdict.reason, verdict.detail);
    return await this.carryOut(judged, this.decide(judged, receipt), entries);
  }

  /** Answers the ledger entries, which the caller numbers. */
  async write(): Promise<readonly Omit<LedgerEntry, 'number'>[]> {
    await this.totals.write();
    await this.transaction.contributions.insert([...this.contributions.values()]);
    await this.transaction.contributions.putReceipts(this.receipts);
    await saveRows(
      this.transaction,
      [...this.changed].flatMap((fileId) => this.rows.get(fileId) ?? []),
    );
    return this.ledger;
  }

  private decide(file: StoredFile, receipt: Receipt): ApplyDecision {
    const others = [...this.rows.values()].filter(({ fileId }) => fileId !== file.fileId);
    const { contentDigest, records } = receipt;
    const generations = others.filter(({ sourceId, sourceKey }) => sourceId === file.sourceId && sourceKey === file.sourceKey);
    const holders = others.filter(({ inContentDigest }) => inContentDigest === contentDigest);
    return decideApply({ file, contentDigest, records, generations, holders, policies: this.input.policies });
  }

  private async carryOut(row: StoredFile, decision: ApplyDecision, entries: readonly TotalsEntry[]): Promise<ApplyOutcome> {
    const { version } = row;
    switch (decision.kind) {
      case 'alias':
        return this.settle(moveRow(row, { kind: 'alias', version }, this.input), 'alias');
      case 'overtaken':
        return this.settle(moveRow(row, { kind: 'overtaken', version }, this.input), 'superseded');
      case 'quarantine':
        return this.setAside(row, decision.reason, decision.detail);
      case 'apply':
        return await this.putIn(
          row,
          entries,
          decision.supersedes.flatMap(({ fileId }) => this.rows.get(fileId) ?? []),
        );
    }
  }

  /** Its own earlier contribution and those of superseded generations go out, its new one comes in: together or not at all. */
  private async putIn(row: StoredFile, entries: readonly TotalsEntry[], superseded: readonly StoredFile[]): Promise<ApplyOutcome> {
    const { fileId, version } = row;
    const contribution = { period: periodOf(row), entries };
    const out: Contribution[] = [];
    for (const other of [row, ...superseded]) out.push(...(await this.contributionIn(other)));
    await this.totals.load(out);
    const overflowing = this.totals.exchange(out, [contribution]);
    if (overflowing) return this.setAside(row, 'total_overflow', `the total of key ${escapeBytes(overflowing)} would leave 64 bits`);
    for (const other of superseded) this.supersede(other, row);
    this.contributions.set(`${fileId}:${version}`, toStoredContribution(row, contribution));
    this.ledger.push({ kind: 'counted', fileId, version, by: BY_APPLY, reason: '', atMs: this.input.nowMs });
    return this.settle(moveRow(row, { kind: 'apply', version }, this.input), 'in');
  }

  private supersede(other: StoredFile, successor: StoredFile): void {
    const reason = `superseded by ${successor.fileId}`;
    this.ledger.push({ kind: 'superseded', fileId: other.fileId, version: other.inVersion, by: BY_APPLY, reason, atMs: this.input.nowMs });
    this.change(takeOutRow(other, { kind: 'supersede' }, this.input.nowMs));
  }

  /** Also of a file that this very batch put in. */
  private async contributionIn(row: StoredFile): Promise<readonly Contribution[]> {
    const pending = this.contributions.get(`${row.fileId}:${String(row.inVersion)}`);
    return pending ? [openContribution(pending)] : await readContributionIn(this.transaction, row);
  }

  private async countAgain(row: StoredFile, count: Exclude<FileCount, { kind: 'complete' }>): Promise<ApplyOutcome> {
    const fact = count.kind === 'damaged' ? count.fact : `the partials of splits ${count.missingSplits.join(', ')} are gone`;
    if (count.kind === 'damaged') await this.transaction.blobs.removePartials(row, count.splits);
    const next = moveRow(row, { kind: 'partialMissing', version: row.version }, { ...this.input, detail: fact });
    return this.settle(next, next.state === 'quarantined' ? 'quarantined' : 'counting');
  }

  private setAside(row: StoredFile, reason: QuarantineReason, detail: string): ApplyOutcome {
    return this.settle(moveRow(row, { kind: 'quarantine', version: row.version, reason }, { ...this.input, detail }), 'quarantined');
  }

  private settle(row: StoredFile, outcome: ApplyOutcome['outcome']): ApplyOutcome {
    this.change(row);
    return { fileId: row.fileId, version: row.version, outcome, reason: row.reason };
  }

  private change(row: StoredFile): void {
    this.rows.set(row.fileId, row);
    this.changed.add(row.fileId);
  }
}

function judgeSums(entries: readonly TotalsEntry[]): { readonly reason: 'sum_overflow'; readonly detail: string } | null {
  const overflow = findOverflow(entries);
  return overflow && { reason: 'sum_overflow', detail: `the sum of key ${escapeBytes(overflow.key)} is ${overflow.sum}` };
}

function periodOf(row: StoredFile): string {
  return row.plan?.period ?? '';
}
