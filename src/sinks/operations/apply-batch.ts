/** The files of one apply transaction: judged one after the other, each seeing what those before it changed, and written together. */
import { decideApply, type ApplyDecision } from '../../core/apply-decision';
import type { QuarantineReason } from '../../core/failures';
import { judgeReceipt } from '../../core/judge-receipt';
import type { TotalsEntry } from '../../core/partial';
import type { Policies } from '../../core/policies';
import { countedDigest, type Receipt } from '../../core/receipt';
import { escapeBytes } from '../../core/source-key';
import type { ApplyOutcome, PipelineRow } from '../sink';
import type { StoredContribution, StoredFile, StoredPartial, StoredReceipt, StoreTransaction } from '../store';
import type { StagedOverflow } from '../store-totals';
import { ContributionParts, readContribution } from './contribution-store';
import { encodedTotals, mergePartials, toStoredReceipt, type FileCount } from './file-count';
import { newEntry, type NewEntry, type NewPosting } from './pipeline-lock';
import { isKnownAgain } from './pruned-contribution';
import { moveRow, saveRows } from './row-change';
import { Staging } from './staging';
import { takeOutRow } from './take-out';

export interface CountedFile {
  readonly row: StoredFile;
  readonly count: FileCount;
}

export interface BatchInput {
  /** Locked. */
  readonly pipeline: PipelineRow;
  readonly policies: Policies;
  readonly nowMs: number;
}

const BY_APPLY = 'apply';

export class ApplyBatch {
  private readonly staging: Staging;
  /** Every row that may matter to a decision, as changed so far. */
  private readonly rows = new Map<string, StoredFile>();
  private readonly changed = new Set<string>();
  private readonly contributions = new Map<string, readonly StoredContribution[]>();
  private readonly receipts: StoredReceipt[] = [];
  private readonly ledger: NewEntry[] = [];

  /** `overflowing`: the file of this ordinal would make that total leave 64 bits. */
  constructor(
    private readonly transaction: StoreTransaction,
    private readonly input: BatchInput,
    private readonly overflowing: StagedOverflow | null,
  ) {
    this.staging = new Staging(transaction, input.pipeline);
  }

  /** Reads at once the rows that the policies compare. */
  async load(files: readonly CountedFile[]): Promise<void> {
    if (files.length === 0) return;
    const { pipeline } = this.input.pipeline;
    const rows = files.map(({ row }) => row);
    const generations = await this.transaction.files.generations(pipeline, rows);
    // A file without records is never judged by its content, and every empty file shares one digest.
    // Where equal contents are all counted, every file before it may be a holder: nobody asks for them.
    const isJudged = this.input.policies.duplicateContent !== 'count';
    const digests = files.flatMap(({ count }) =>
      isJudged && count.kind === 'complete' && count.receipt.records > 0 ? [countedDigest(count.receipt)] : [],
    );
    const holders = await this.transaction.files.holders(pipeline, [...new Set(digests)]);
    const locked = await this.transaction.files.lock([...new Set([...generations, ...holders].map(({ fileId }) => fileId))]);
    for (const row of [...locked, ...rows]) this.rows.set(row.fileId, row);
  }

  async applyFile({ row: before, count }: CountedFile, ordinal: number): Promise<ApplyOutcome> {
    const row = this.rows.get(before.fileId) ?? before;
    // A file before it in the batch superseded this very generation.
    if (row.version !== before.version) return { fileId: row.fileId, version: before.version, outcome: 'superseded', reason: null };
    if (count.kind !== 'complete') return await this.countAgain(row, count);
    const { receipt, partials } = count;
    const judged = { ...row, contentDigest: countedDigest(receipt) };
    this.receipts.push(toStoredReceipt(row, receipt, partials));
    const verdict = judgeReceipt(receipt, this.input.policies);
    if (verdict) return this.setAside(judged, verdict.reason, verdict.detail);
    return await this.carryOut(judged, this.decide(judged, receipt), { ordinal, count });
  }

  /** As TotalsTable.mergeStaged; after an overflow nothing of this batch may be written. */
  async merge(): Promise<StagedOverflow | null> {
    return await this.staging.merge();
  }

  async unstage(ordinal: number): Promise<void> {
    await this.staging.unstage(ordinal);
  }

  /** Answers the ledger entries, which the caller numbers. */
  async write(): Promise<readonly NewEntry[]> {
    await this.transaction.contributions.insert([...this.contributions.values()].flat());
    await this.transaction.receipts.put(await this.newReceipts());
    await saveRows(
      this.transaction,
      [...this.changed].flatMap((fileId) => this.rows.get(fileId) ?? []),
    );
    return this.ledger;
  }

  /** One that lies there already stays as it is: the text of its samples may have been erased since. */
  private async newReceipts(): Promise<StoredReceipt[]> {
    const stored = await this.transaction.receipts.read(this.receipts);
    const digests = new Map(stored.map((receipt) => [versionId(receipt), receipt.partialDigests]));
    return this.receipts.filter((receipt) => digests.get(versionId(receipt)) !== receipt.partialDigests);
  }

  private decide(file: StoredFile, receipt: Receipt): ApplyDecision {
    const others = [...this.rows.values()].filter(({ fileId }) => fileId !== file.fileId);
    const { records } = receipt;
    const contentDigest = countedDigest(receipt);
    const generations = others.filter(({ sourceId, sourceKey }) => sourceId === file.sourceId && sourceKey === file.sourceKey);
    const holders = others.filter(({ inContentDigest }) => inContentDigest === contentDigest);
    return decideApply({ file, contentDigest, records, generations, holders, policies: this.input.policies });
  }

  private async carryOut(row: StoredFile, decision: ApplyDecision, counted: Counted): Promise<ApplyOutcome> {
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
          counted,
          decision.supersedes.flatMap(({ fileId }) => this.rows.get(fileId) ?? []),
        );
    }
  }

  /** Its own earlier contribution and those of superseded generations go out, its new one comes in: together or not at all. */
  private async putIn(row: StoredFile, { ordinal, count }: Counted, superseded: readonly StoredFile[]): Promise<ApplyOutcome> {
    const { fileId, version } = row;
    if (this.overflowing?.ordinal === ordinal) {
      const detail = `the total of key ${describe(this.overflowing)} would leave 64 bits`;
      return this.setAside(row, 'total_overflow', detail);
    }
    const parts: StoredContribution[] = [];
    const postings: NewPosting[] = [];
    for await (const { period, ofPeriod, tooLarge } of this.stageFile(row, ordinal, count.partials)) {
      if (tooLarge) {
        await this.staging.unstage(ordinal);
        return this.setAside(row, 'sum_overflow', `the sum of key ${describe({ period, key: tooLarge.key })} is ${tooLarge.sum}`);
      }
      parts.push(...ofPeriod.end());
      postings.push(this.staging.posting(row, period, 1));
    }
    const pruned = await this.findPruned(row, superseded, count.receipt);
    if (pruned) {
      await this.staging.unstage(ordinal);
      return this.setAside(
        row,
        'contribution_pruned',
        `what the totals hold of ${pruned.fileId} is to be taken out, and is not kept any more`,
      );
    }
    if (row.inVersion !== null) await this.restorePruned(row, row.inVersion, parts);
    const ownOut = await this.takeOut(row, ordinal);
    for (const other of superseded) this.supersede(other, row, await this.takeOut(other, ordinal));
    this.contributions.set(versionId(row), parts);
    const by = { by: BY_APPLY, reason: '', nowMs: this.input.nowMs };
    this.ledger.push(newEntry(by, 'counted', { fileId, version, postings: [...ownOut, ...postings] }));
    return this.settle(moveRow(row, { kind: 'apply', version }, this.input), 'in');
  }

  /** Lays ready what a file adds, period by period. `tooLarge`: the entry whose sum leaves 64 bits. */
  private async *stageFile(row: StoredFile, ordinal: number, partials: readonly StoredPartial[]): AsyncGenerator<StagedPeriod, void> {
    const encoded = encodedTotals(row, partials);
    if (encoded !== null) {
      const { period, count, entries } = encoded;
      const ofPeriod = new ContributionParts(row, period);
      ofPeriod.addEncoded(count, entries);
      yield { period, ofPeriod, tooLarge: await this.staging.addEncoded(ordinal, period, entries) };
      return;
    }
    for (const { period, entries } of mergePartials(row, partials)) {
      const ofPeriod = new ContributionParts(row, period);
      yield { period, ofPeriod, tooLarge: await this.staging.addEntries(ordinal, period, entries, (entry) => ofPeriod.add(entry)) };
    }
  }

  /** A file whose contribution must be taken out and is pruned; not one that was counted anew with the same result, which restores it. */
  private async findPruned(row: StoredFile, superseded: readonly StoredFile[], receipt: Receipt): Promise<StoredFile | null> {
    if (this.input.pipeline.prunedThrough === 0) return null;
    for (const file of [row, ...superseded]) {
      if (file.inVersion === null || this.contributions.has(versionId({ fileId: file.fileId, version: file.inVersion }))) continue;
      const version = { fileId: file.fileId, version: file.inVersion };
      if ((await this.transaction.contributions.parts([version])).length > 0) continue;
      if (file !== row || !(await isKnownAgain(this.transaction, version, receipt))) return file;
    }
    return null;
  }

  /** The same bytes counted by the same plan come to the same: what was pruned is known again. */
  private async restorePruned({ fileId }: StoredFile, version: number, parts: readonly StoredContribution[]): Promise<void> {
    if ((await this.transaction.contributions.parts([{ fileId, version }])).length > 0) return;
    await this.transaction.contributions.insert(parts.map((part) => ({ ...part, version })));
  }

  private supersede(other: StoredFile, successor: StoredFile, postings: readonly NewPosting[]): void {
    const by = { by: BY_APPLY, reason: `superseded by ${successor.fileId}`, nowMs: this.input.nowMs };
    this.ledger.push(newEntry(by, 'superseded', { fileId: other.fileId, version: other.inVersion, postings }));
    this.change(takeOutRow(other, { kind: 'supersede' }, this.input.nowMs));
  }

  /** What the totals hold of this file, which may have been put in by this very batch. */
  private async takeOut({ fileId, inVersion: version }: StoredFile, ordinal: number): Promise<NewPosting[]> {
    if (version === null) return [];
    const pending = this.contributions.get(versionId({ fileId, version }));
    const isPruned = this.input.pipeline.prunedThrough > 0;
    return await this.staging.addStored(ordinal, -1, pending ?? readContribution(this.transaction, { fileId, version, isPruned }));
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

interface StagedPeriod {
  readonly period: string;
  readonly ofPeriod: ContributionParts;
  readonly tooLarge: TotalsEntry | null;
}

/** A count that is complete, and its place in the batch. */
interface Counted {
  readonly ordinal: number;
  readonly count: Extract<FileCount, { kind: 'complete' }>;
}

function describe({ period, key }: { readonly period: string; readonly key: Uint8Array }): string {
  return `${escapeBytes(key)}${period === '' ? '' : ` in ${period}`}`;
}

function versionId({ fileId, version }: { readonly fileId: string; readonly version: number }): string {
  return `${fileId}:${version}`;
}
