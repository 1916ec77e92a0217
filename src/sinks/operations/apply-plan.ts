/** Sealing and applying a plan: what was judged when it was sealed is done, in one transaction, or nothing is. */
import { canonicalJson } from '../../core/canonical-json';
import { assertInvariant } from '../../core/failures';
import type { FileEvent } from '../../core/file-row';
import { escapeBytes } from '../../core/source-key';
import { countedDigest } from '../../core/receipt';
import type { By, FileVersion, PipelineRow } from '../sink';
import type { ApplyPlanInput, ApplyPlanResult, PlanItem, PlanSummary } from '../sink-plans';
import type { StoredContribution, StoredFile, StoredPlan, StoreTransaction } from '../store';
import { readContribution, readParts } from './contribution-store';
import { noteArrivals } from './expectations';
import { judgePlan, newRow, type JudgedPlanFile } from './judge-plan';
import { appendLedger, lockPipeline, newEntry, refuseWhenStopped, type NewEntry, type NewPosting } from './pipeline-lock';
import { itemsOf, requirePlan, toPlanRow } from './plan-row';
import { isKnownAgain } from './pruned-contribution';
import { moveRow, saveRows } from './row-change';
import { Staging } from './staging';
import { takeOutRow } from './take-out';

/** Rolls back what was written on the way to the answer. */
export class PlanRefused extends Error {
  constructor(readonly result: ApplyPlanResult) {
    super(`a plan is refused: ${result.outcome}`);
  }
}

/** Writes down what applying it would do now. A plan that is sealed stays as it is. Throws unknown_plan, plan_too_large. */
export async function sealPlan(transaction: StoreTransaction, { planId }: { readonly planId: string }): Promise<PlanSummary> {
  const plan = requirePlan(await transaction.plans.lock(planId), planId);
  if (plan.sealed !== null) return { ...toPlanRow(plan), items: itemsOf(plan) };
  const items = (await judgePlan(transaction, plan)).map(({ item }) => item);
  const sealed = { ...plan, sealed: JSON.stringify(items) };
  await transaction.plans.update(sealed);
  return { ...toPlanRow(sealed), items };
}

/** Throws PlanRefused, pipeline_stopped, and contribution_pruned where something is to be taken out that is not kept any more. */
export async function applyPlan(transaction: StoreTransaction, input: ApplyPlanInput): Promise<ApplyPlanResult> {
  const found = await transaction.plans.read(input.planId);
  if (found === null) return { outcome: 'unknown' };
  const pipeline = await lockPipeline(transaction, found.pipeline);
  refuseWhenStopped(pipeline);
  const plan = requirePlan(await transaction.plans.lock(input.planId), input.planId);
  if (plan.appliedUntil !== null) return { outcome: 'already', ledgerSequence: plan.appliedUntil };
  if (plan.expiresMs <= input.nowMs) return { outcome: 'expired' };
  if (plan.sealed === null) return { outcome: 'not_counted' };
  const judged = await judgePlan(transaction, plan);
  const fact = findChange(plan, judged);
  if (fact !== null) return { outcome: 'outdated', fact };
  return await carryOut(transaction, { plan, pipeline, judged, by: input });
}

/** The first file about which something else would be decided now, or null. */
function findChange(plan: StoredPlan, judged: readonly JudgedPlanFile[]): string | null {
  const sealed = itemsOf(plan);
  const index = judged.findIndex(({ item }, at) => canonicalJson(item) !== canonicalJson(sealed[at] ?? null));
  if (index < 0 && sealed.length === judged.length) return null;
  const [before, now] = [sealed[index], judged[index]?.item];
  const tell = (item: typeof before) =>
    item
      ? `${item.action} → ${item.outcome}, row ${item.seen ? `${item.seen.state} v${item.seen.version}` : 'none'}${tellPlaces(item)}`
      : 'nothing';
  return `${before?.sourceKey ?? now?.sourceKey ?? 'a file'} was judged as ${tell(before)}, and is now ${tell(now)}`;
}

function tellPlaces({ postedTo }: PlanItem): string {
  return postedTo.flatMap(({ ofPeriod, period }) => (ofPeriod === period ? [] : [`, ${ofPeriod} posted to ${period}`])).join('');
}

interface PlanWork {
  readonly plan: StoredPlan;
  readonly pipeline: PipelineRow;
  readonly judged: readonly JudgedPlanFile[];
  readonly by: By;
}

async function carryOut(transaction: StoreTransaction, work: PlanWork): Promise<ApplyPlanResult> {
  const { plan, pipeline, judged, by } = work;
  const staging = new Staging(transaction, pipeline);
  const changes = judged.filter(({ item }) => item.action !== 'none');
  const rows = await rowsOf(transaction, plan, changes, by.nowMs);
  const entries: NewEntry[] = [];
  for (const [ordinal, change] of changes.entries()) {
    const row = rows.get(change.item.fileId);
    assertInvariant(row !== undefined, `the row of ${change.item.fileId} is gone`);
    entries.push(...(await applyChange(transaction, staging, { ...work, change, row, ordinal })));
  }
  const overflow = await staging.merge();
  if (overflow !== null) {
    throw new PlanRefused({ outcome: 'overflow', fact: `the total of key ${escapeBytes(overflow.key)} would leave 64 bits` });
  }
  for (const change of changes) await writeChange(transaction, { by, change, row: rows.get(change.item.fileId) });
  const after = await appendLedger(transaction, pipeline, entries);
  await transaction.plans.update({ ...plan, appliedFrom: pipeline.ledgerSequence + 1, appliedUntil: after.ledgerSequence });
  return { outcome: 'done', files: changes.length, ledgerSequence: after.ledgerSequence };
}

/** The rows as they are, and those of files that the plan saw first. */
async function rowsOf(
  transaction: StoreTransaction,
  plan: StoredPlan,
  changes: readonly JudgedPlanFile[],
  nowMs: number,
): Promise<Map<string, StoredFile>> {
  const unseen = changes.filter(({ row }) => row === null);
  const fresh = unseen.map(({ counted, item }) => newRow(plan, counted, item.fileId));
  await transaction.files.insert(fresh);
  await noteArrivals(transaction, fresh, nowMs);
  const rows = await transaction.files.lock(changes.map(({ item }) => item.fileId));
  return new Map(rows.map((row) => [row.fileId, row]));
}

interface ChangeWork extends PlanWork {
  readonly change: JudgedPlanFile;
  readonly row: StoredFile;
  readonly ordinal: number;
}

/** Stages what goes out and what comes in, and answers the ledger entries. The rows are written when it is known that everything fits. */
async function applyChange(
  transaction: StoreTransaction,
  staging: Staging,
  { change, row, ordinal, pipeline, by }: ChangeWork,
): Promise<NewEntry[]> {
  const { item, counted, superseded } = change;
  const { version, events } = takenUp(row, item.action);
  const entries: NewEntry[] = [];
  if (events.length > 0 && item.action !== 'count') {
    entries.push(newEntry(by, item.action === 'release' ? 'released' : 'recounted', { fileId: item.fileId, version }));
  }
  if (item.outcome === 'alias') return entries;
  const postings: NewPosting[] = [];
  const takeOut = (fileId: string, inVersion: number) =>
    staging.addStored(ordinal, -1, readContribution(transaction, { fileId, version: inVersion, isPruned: pipeline.prunedThrough > 0 }));
  if (row.inVersion !== null) await restorePruned(transaction, change, { fileId: row.fileId, version: row.inVersion });
  if (row.inVersion !== null) postings.push(...(await takeOut(row.fileId, row.inVersion)));
  for (const other of superseded) {
    if (other.inVersion === null) continue;
    const why = { ...by, reason: `superseded by ${item.fileId}: ${by.reason}` };
    const out = await takeOut(other.fileId, other.inVersion);
    entries.push(newEntry(why, 'superseded', { fileId: other.fileId, version: other.inVersion, postings: out }));
  }
  postings.push(...(await staging.addStored(ordinal, 1, copiedParts(transaction, counted, { fileId: item.fileId, version }))));
  entries.push(newEntry(by, 'counted', { fileId: item.fileId, version, postings }));
  return entries;
}

/** What was pruned of the file is what the plan has counted, if that is the same: then it can be taken out. */
async function restorePruned(transaction: StoreTransaction, { counted, receipt }: JudgedPlanFile, version: FileVersion): Promise<void> {
  if (receipt === null || !(await isKnownAgain(transaction, version, receipt.receipt))) return;
  for await (const part of readParts(transaction, [counted])) await transaction.contributions.insert([{ ...part, ...version }]);
}

/** The plan's parts under the file's own name. They are stored at once: a transaction that does not commit leaves none. */
async function* copiedParts(
  transaction: StoreTransaction,
  counted: StoredFile,
  target: { readonly fileId: string; readonly version: number },
): AsyncGenerator<StoredContribution, void> {
  for await (const part of readParts(transaction, [counted])) {
    const copy = { ...part, ...target };
    await transaction.contributions.insert([copy]);
    yield copy;
  }
}

/** By which events a row is taken up anew, and the version that it has then. */
function takenUp(row: StoredFile, action: string): { readonly version: number; readonly events: readonly FileEvent['kind'][] } {
  if (action === 'recount' || action === 'release') return { version: row.version + 1, events: [action] };
  return { version: row.version, events: [] };
}

async function writeChange(
  transaction: StoreTransaction,
  { by, change, row }: { readonly by: By; readonly change: JudgedPlanFile; readonly row: StoredFile | undefined },
): Promise<void> {
  const { item, counted, receipt, superseded } = change;
  assertInvariant(row !== undefined && receipt !== null, `the count of ${item.fileId} is gone`);
  for (const other of superseded) await saveRows(transaction, [takeOutRow(other, { kind: 'supersede' }, by.nowMs)]);
  const { version } = takenUp(row, item.action);
  const { plan, planDigest, period } = counted;
  let next = row;
  if (version !== row.version) next = moveRow(next, { kind: item.action === 'release' ? 'release' : 'recount' }, by);
  if (next.state === 'seen') next = moveRow(next, { kind: 'admit', version }, by);
  if (next.state === 'counting') next = moveRow(next, { kind: 'markCounted', version }, by);
  next = { ...next, plan, planDigest, period, contentDigest: countedDigest(receipt.receipt) };
  next = moveRow(next, { kind: item.outcome === 'alias' ? 'alias' : 'apply', version }, by);
  await transaction.receipts.put([{ ...receipt, fileId: item.fileId, version }]);
  await saveRows(transaction, [next]);
}
