/** The sink over any database: each method is one transaction, or one snapshot, of a Store. The flows lie in operations/. */
import { TallylineFailure } from '../core/failures';
import { planIdOf } from '../core/plan-name';
import type { Receipt } from '../core/receipt';
import { admit, quarantine, statusOf, type AdmitInput, type QuarantineInput } from './operations/admit';
import { apply } from './operations/apply';
import { applyPlan, PlanRefused, sealPlan } from './operations/apply-plan';
import { closePeriod, markRestored } from './operations/close-period';
import { recount, release, retract, type CorrectionInput } from './operations/correct';
import { planDifference, retractionDifference } from './operations/difference';
import { beginDisposal, begunDisposals, filesToDispose, readDisposals, recordDisposal } from './operations/dispose';
import { explain } from './operations/explain';
import { expectArrivals, readExpected } from './operations/expectations';
import { filesToStart } from './operations/files-to-start';
import { judgeManifest, judgeStored, putMalformedManifest, readManifests, storeManifest } from './operations/manifests';
import { markCounted, type MarkCountedInput } from './operations/mark-counted';
import { ensurePipeline, resume, stop } from './operations/pipelines';
import { createPlan, expirePlans, listPlans, readPlan } from './operations/plan-row';
import { eraseSamples, prune } from './operations/prune';
import { noteConflict, putCheckpoint, putPartial, readCheckpoint, storedSplits, type PutBlobInput } from './operations/put-blobs';
import { readContributionPage } from './operations/read-contribution';
import { readStatus } from './operations/read-status';
import { readTotals } from './operations/read-totals';
import { registerPage } from './operations/register-page';
import { verify } from './operations/verify';
import type * as Ports from './sink';
import type { ApplyPlanInput, ApplyPlanResult, CreatePlanInput, DifferenceResult, PlanRow, PlanSummary } from './sink-plans';
import type { FilesToStart, FilesToStartInput, RegisterPageInput, RegisterPageResult } from './sink-scan';
import type { ClosePeriodResult, ExplainResult, PruneInput, PruneResult, ReadTotalsInput, TotalsPage } from './sink-totals';
import type { Store, StoreTransaction } from './store';

type Call<Name extends keyof Ports.Sink> = Parameters<Ports.Sink[Name]>[0];

export class LedgerSink implements Ports.Sink {
  constructor(private readonly store: Store) {}

  ensurePipeline(meaning: Ports.PipelineMeaning): Promise<Ports.PipelineRow> {
    return this.change(ensurePipeline, meaning);
  }

  readPipeline(pipeline: string): Promise<Ports.PipelineRow | null> {
    return this.store.snapshot((transaction) => transaction.pipelines.read(pipeline));
  }

  async listPipelines(): Promise<readonly Ports.PipelineRow[]> {
    const rows = await this.store.snapshot((transaction) => transaction.pipelines.list());
    return rows.filter(({ pipeline }) => planIdOf(pipeline) === null);
  }

  registerPage(input: RegisterPageInput): Promise<RegisterPageResult> {
    return this.change(registerPage, input);
  }

  forgetUnsettled({ pipeline, sourceId, beforeMs }: Call<'forgetUnsettled'>): Promise<number> {
    return this.store.transaction((transaction) => transaction.unsettled.removeBefore(pipeline, sourceId, beforeMs));
  }

  filesToStart(input: FilesToStartInput): Promise<FilesToStart> {
    return this.look(filesToStart, input);
  }

  async readFile(fileId: string): Promise<Ports.FileRow | null> {
    const rows = await this.store.snapshot((transaction) => transaction.files.read([fileId]));
    return rows[0] ?? null;
  }

  findFiles({ pipeline, sourceKey }: Call<'findFiles'>): Promise<readonly Ports.FileRow[]> {
    return this.store.snapshot((transaction) => transaction.files.bySourceKey(pipeline, sourceKey));
  }

  listFiles(input: Call<'listFiles'>): Promise<readonly Ports.FileRow[]> {
    return this.store.snapshot((transaction) => transaction.files.list(input));
  }

  async readStatuses(fileIds: readonly string[]): Promise<readonly Ports.FileStatus[]> {
    const rows = await this.store.snapshot((transaction) => transaction.files.read(fileIds));
    return rows.map(statusOf);
  }

  admit(input: AdmitInput): Promise<Ports.AdmitResult> {
    return this.change(admit, input);
  }

  quarantine(input: QuarantineInput): Promise<Ports.FileStatus | null> {
    return this.change(quarantine, input);
  }

  async putPartial(input: PutBlobInput): Promise<Ports.PutBlobResult> {
    const result = await this.change(putPartial, input);
    if (result !== 'conflict_in') return result;
    await this.change(noteConflict, input);
    return 'conflict';
  }

  storedSplits(input: Call<'storedSplits'>): Promise<readonly number[]> {
    return this.look(storedSplits, input);
  }

  putCheckpoint(input: PutBlobInput): Promise<Ports.PutBlobResult> {
    return this.change(putCheckpoint, input);
  }

  readCheckpoint(input: Call<'readCheckpoint'>): Promise<Uint8Array | null> {
    return this.look(readCheckpoint, input);
  }

  collectBlobs({ nowMs }: Call<'collectBlobs'>): Promise<number> {
    return this.store.collectOutside(nowMs);
  }

  markCounted(input: MarkCountedInput): Promise<Ports.MarkCountedResult> {
    return this.change(markCounted, input);
  }

  /** A broken invariant stops the pipeline, in a transaction of its own: it does not guess, and it does not try the same again. */
  async apply(input: Ports.ApplyInput): Promise<Ports.ApplyResult> {
    try {
      return await this.change(apply, input);
    } catch (error) {
      if (error instanceof TallylineFailure && error.code === 'invariant_violated') {
        await this.stop({ pipeline: input.pipeline, by: 'apply', reason: error.fact, nowMs: input.nowMs });
      }
      throw error;
    }
  }

  retract(input: CorrectionInput): Promise<Ports.CorrectionResult> {
    return this.change(retract, input);
  }

  recount(input: CorrectionInput): Promise<Ports.CorrectionResult> {
    return this.change(recount, input);
  }

  release(input: CorrectionInput): Promise<Ports.CorrectionResult> {
    return this.change(release, input);
  }

  stop(input: Call<'stop'>): Promise<void> {
    return this.change(stop, input);
  }

  resume(input: Call<'resume'>): Promise<void> {
    return this.change(resume, input);
  }

  createPlan(input: CreatePlanInput): Promise<PlanRow> {
    return this.change(createPlan, input);
  }

  sealPlan(input: Call<'sealPlan'>): Promise<PlanSummary> {
    return this.change(sealPlan, input);
  }

  readPlan(input: Call<'readPlan'>): Promise<PlanSummary | null> {
    return this.look(readPlan, input);
  }

  listPlans(input: Call<'listPlans'>): Promise<readonly PlanRow[]> {
    return this.look(listPlans, input);
  }

  async applyPlan(input: ApplyPlanInput): Promise<ApplyPlanResult> {
    try {
      return await this.change(applyPlan, input);
    } catch (error) {
      if (error instanceof PlanRefused) return error.result;
      throw error;
    }
  }

  expirePlans(input: Call<'expirePlans'>): Promise<number> {
    return this.change(expirePlans, input);
  }

  planDifference(input: Call<'planDifference'>): Promise<DifferenceResult> {
    return this.look(planDifference, input);
  }

  retractionDifference(input: Call<'retractionDifference'>): Promise<DifferenceResult> {
    return this.look(retractionDifference, input);
  }

  readTotals(input: ReadTotalsInput): Promise<TotalsPage> {
    return this.look(readTotals, input);
  }

  explain(input: Call<'explain'>): Promise<ExplainResult> {
    return this.look(explain, input);
  }

  closePeriod(input: Call<'closePeriod'>): Promise<ClosePeriodResult> {
    return this.change(closePeriod, input);
  }

  markRestored(input: Call<'markRestored'>): Promise<{ readonly ledgerId: string }> {
    return this.change(markRestored, input);
  }

  prune(input: PruneInput): Promise<PruneResult> {
    return this.change(prune, input);
  }

  eraseSamples(input: Call<'eraseSamples'>): Promise<number> {
    return this.change(eraseSamples, input);
  }

  async readReceipt(fileId: string): Promise<Receipt | null> {
    const stored = await this.store.snapshot((transaction) => transaction.receipts.latest(fileId));
    return stored?.receipt ?? null;
  }

  readContribution(input: Call<'readContribution'>): Promise<Ports.ContributionPage> {
    return this.look(readContributionPage, input);
  }

  readLedger({ pipeline, afterNumber, limit }: Call<'readLedger'>): Promise<readonly Ports.LedgerEntry[]> {
    return this.store.snapshot((transaction) => transaction.ledger.page(pipeline, afterNumber, limit));
  }

  readStatus(input: Call<'readStatus'>): Promise<Ports.PipelineStatus> {
    return this.look(readStatus, input);
  }

  /** A database that is damaged itself is told first: what it answers to the rest may be anything. */
  async verify(input: Call<'verify'>): Promise<readonly Ports.Mismatch[]> {
    const damages = await this.store.check();
    const found = damages.map((fact) => ({ check: 'database', subject: input.pipeline, expected: 'ok', found: fact }));
    return [...found, ...(await this.look(verify, input))];
  }

  readManifests(input: Call<'readManifests'>): ReturnType<Ports.Sink['readManifests']> {
    return this.look(readManifests, input);
  }

  async putManifest(input: Call<'putManifest'>): ReturnType<Ports.Sink['putManifest']> {
    const mayBeCounted = await this.change(storeManifest, input);
    return mayBeCounted ? await this.change(judgeStored, input) : { quarantined: 0, late: [] };
  }

  putMalformedManifest(input: Call<'putMalformedManifest'>): Promise<void> {
    return this.change(putMalformedManifest, input);
  }

  judgeManifest(input: Call<'judgeManifest'>): ReturnType<Ports.Sink['judgeManifest']> {
    return this.change(judgeManifest, input);
  }

  forgetManifests({ pipeline, sourceId, beforeMs }: Call<'forgetManifests'>): Promise<number> {
    return this.store.transaction((transaction) => transaction.manifests.removeMalformed(pipeline, sourceId, beforeMs));
  }

  expectArrivals(input: Call<'expectArrivals'>): Promise<void> {
    return this.change(expectArrivals, input);
  }

  readExpected(input: Call<'readExpected'>): ReturnType<Ports.Sink['readExpected']> {
    return this.look(readExpected, input);
  }

  filesToDispose(input: Call<'filesToDispose'>): ReturnType<Ports.Sink['filesToDispose']> {
    return this.look(filesToDispose, input);
  }

  begunDisposals(input: Call<'begunDisposals'>): ReturnType<Ports.Sink['begunDisposals']> {
    return this.look(begunDisposals, input);
  }

  beginDisposal(input: Call<'beginDisposal'>): Promise<boolean> {
    return this.change(beginDisposal, input);
  }

  recordDisposal(input: Call<'recordDisposal'>): ReturnType<Ports.Sink['recordDisposal']> {
    return this.change(recordDisposal, input);
  }

  readDisposals(input: Call<'readDisposals'>): ReturnType<Ports.Sink['readDisposals']> {
    return this.look(readDisposals, input);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private change<Input, Result>(
    operation: (transaction: StoreTransaction, input: Input) => Promise<Result>,
    input: Input,
  ): Promise<Result> {
    return this.store.transaction((transaction) => operation(transaction, input));
  }

  private look<Input, Result>(operation: (transaction: StoreTransaction, input: Input) => Promise<Result>, input: Input): Promise<Result> {
    return this.store.snapshot((transaction) => operation(transaction, input));
  }
}
