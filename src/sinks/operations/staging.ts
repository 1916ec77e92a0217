/** What one transaction puts into the totals and takes out of them: handed to the database in bounded lists, merged there at the end. */
import { iterateEncoded } from '../../core/entry-codec';
import { leavesInt64 } from '../../core/merge';
import { STAGED_DELTAS_PER_CALL } from '../../core/limits';
import type { TotalsEntry } from '../../core/partial';
import { postingPeriod } from '../../core/period';
import type { FileVersion, PipelineRow } from '../sink';
import type { StoredContribution, StoreTransaction } from '../store';
import type { StagedOverflow, TotalsDelta, TotalsTable } from '../store-totals';
import { openPart } from './contribution-store';
import type { NewPosting } from './pipeline-lock';
import type { PostedPart } from './posted-parts';

export class Staging {
  private deltas: TotalsDelta[] = [];
  private readonly totals: TotalsTable;

  /** `pipeline` is locked by the caller, so that which periods are closed stays as it is. */
  constructor(
    transaction: StoreTransaction,
    private readonly pipeline: Pick<PipelineRow, 'pipeline' | 'closedThrough'>,
    table: 'totals' | 'prunedTotals' = 'totals',
  ) {
    this.totals = transaction[table];
  }

  /** Answers the first entry whose sum leaves 64 bits, and then has staged only what came before it. */
  async addEntries(
    ordinal: number,
    ofPeriod: string,
    entries: Iterable<TotalsEntry>,
    onEntry: (entry: TotalsEntry) => void,
  ): Promise<TotalsEntry | null> {
    const { period, adjusts } = postingPeriod(ofPeriod, this.pipeline.closedThrough);
    for (const entry of entries) {
      if (leavesInt64(entry.sum)) return entry;
      onEntry(entry);
      if (this.fill({ period, adjusts, key: entry.key, ordinal, sum: entry.sum, count: entry.count })) await this.flush();
    }
    return null;
  }

  /** The same for entries as they are encoded, whose contribution is made of the same bytes. */
  async addEncoded(ordinal: number, ofPeriod: string, entries: Uint8Array): Promise<TotalsEntry | null> {
    if (this.totals.stageEncoded === undefined) return await this.addEntries(ordinal, ofPeriod, iterateEncoded(entries), () => undefined);
    await this.flush();
    return await this.totals.stageEncoded({ ...postingPeriod(ofPeriod, this.pipeline.closedThrough), ordinal }, entries);
  }

  /** Adds (sign 1) or takes out (sign -1) what is stored. Answers the postings that say so. */
  async addStored(
    ordinal: number,
    sign: 1 | -1,
    parts: AsyncIterable<StoredContribution> | Iterable<StoredContribution>,
  ): Promise<NewPosting[]> {
    const postings = new Map<string, NewPosting>();
    for await (const part of parts) {
      const { period, adjusts } = postingPeriod(part.period, this.pipeline.closedThrough);
      postings.set(JSON.stringify([part.fileId, part.version, part.period]), this.posting(part, part.period, sign));
      const factor = BigInt(sign);
      for (const { key, sum, count } of openPart(part))
        if (this.fill({ period, adjusts, key, ordinal, sum: sum * factor, count: count * factor })) await this.flush();
    }
    return [...postings.values()];
  }

  /** Where it was posted at the time, whatever was closed since. */
  async addPosted({ part, period, adjusts, factor }: PostedPart): Promise<void> {
    const times = BigInt(factor);
    for (const { key, sum, count } of openPart(part))
      if (this.fill({ period, adjusts, key, ordinal: 0, sum: sum * times, count: count * times })) await this.flush();
  }

  posting({ fileId, version }: FileVersion, ofPeriod: string, sign: 1 | -1): NewPosting {
    const { period } = postingPeriod(ofPeriod, this.pipeline.closedThrough);
    return { fileId, version, ofPeriod, period, sign };
  }

  /** Whether it must be flushed now. To wait for every entry by itself would cost more than to merge it. */
  private fill(delta: TotalsDelta): boolean {
    this.deltas.push(delta);
    return this.deltas.length >= STAGED_DELTAS_PER_CALL;
  }

  async unstage(ordinal: number): Promise<void> {
    await this.flush();
    await this.totals.unstage(this.pipeline.pipeline, ordinal);
  }

  /** As TotalsTable.mergeStaged. */
  async merge(): Promise<StagedOverflow | null> {
    await this.flush();
    return await this.totals.mergeStaged(this.pipeline.pipeline);
  }

  private async flush(): Promise<void> {
    if (this.deltas.length === 0) return;
    await this.totals.stage(this.pipeline.pipeline, this.deltas);
    this.deltas = [];
  }
}
