/** What applying a plan would do to each of its files, beside what is in the totals now. Changes nothing. */
import { decideApply } from '../../core/apply-decision';
import type { ControlVerdict } from '../../core/control-totals';
import { TallylineFailure } from '../../core/failures';
import { FIRST_SIGHT } from '../../core/file-row';
import { fileIdentity } from '../../core/ids';
import { PLAN_FILES_MAX } from '../../core/limits';
import { postingPeriod } from '../../core/period';
import { policiesOfPlan } from '../../core/plan-choice';
import { countedDigest } from '../../core/receipt';
import { sha256Hex } from '../content-digest';
import type { FileVersion } from '../sink';
import type { PlanAction, PlanItem } from '../sink-plans';
import type { NewFile, StoredFile, StoredPlan, StoredReceipt, StoreTransaction } from '../store';
import { judgeIn } from './file-control';
import { requirePipeline } from './pipeline-lock';
import { requestOf } from './plan-row';

const FILE_ID_DIGITS = 32;
/** A file that has no row yet comes after all that have one. */
const UNSEEN_SEQUENCE = Number.MAX_SAFE_INTEGER;

export interface JudgedPlanFile {
  readonly item: PlanItem;
  /** As it was counted under the plan. */
  readonly counted: StoredFile;
  /** Null when the totals know no such file yet. */
  readonly row: StoredFile | null;
  readonly receipt: StoredReceipt | null;
  readonly superseded: readonly StoredFile[];
}

/** Throws plan_too_large. The caller holds the pipeline's lock if it means to act on the answer. */
export async function judgePlan(transaction: StoreTransaction, plan: StoredPlan): Promise<readonly JudgedPlanFile[]> {
  const { pipeline, shadow } = plan;
  const counted = await transaction.files.list({ pipeline: shadow, afterSequence: 0, limit: PLAN_FILES_MAX + 1 });
  if (counted.length > PLAN_FILES_MAX)
    throw new TallylineFailure('plan_too_large', `plan ${plan.planId} has more than ${PLAN_FILES_MAX} files`);
  const receipts = new Map((await transaction.receipts.read(counted)).map((receipt) => [receipt.fileId, receipt]));
  const rows = new Map<string, StoredFile>();
  const generations = await transaction.files.generations(pipeline, counted);
  const digests = [...receipts.values()].filter(({ receipt }) => receipt.records > 0).map(({ receipt }) => countedDigest(receipt));
  const holders = await transaction.files.holders(pipeline, [...new Set(digests)]);
  const locked = await transaction.files.lock([...new Set([...generations, ...holders].map(({ fileId }) => fileId))]);
  for (const row of locked) rows.set(row.fileId, row);
  const world: PlanWorld = { rows, changed: new Set(), disproved: await findDisproved(transaction, plan, counted) };
  const judged = counted.map((file) => judgeFile(plan, file, receipts.get(file.fileId) ?? null, world));
  return await withPlaces(transaction, plan, judged);
}

/** A period that closes after the plan was shown moves what it does: the difference that somebody agreed to is then another one. */
async function withPlaces(
  transaction: StoreTransaction,
  { pipeline }: StoredPlan,
  judged: readonly JudgedFile[],
): Promise<readonly JudgedPlanFile[]> {
  const { closedThrough } = requirePipeline(await transaction.pipelines.read(pipeline), pipeline);
  const moved = judged.flatMap(({ item, counted }) => (item.outcome === 'in' ? [counted, ...item.takesOut] : []));
  const periods = new Map<string, Set<string>>();
  for (const part of await transaction.contributions.parts(moved)) {
    const id = versionId(part);
    periods.set(id, (periods.get(id) ?? new Set()).add(part.period));
  }
  return judged.map((file) => {
    const { item, counted } = file;
    const touched = item.outcome === 'in' ? [counted, ...item.takesOut].flatMap((each) => [...(periods.get(versionId(each)) ?? [])]) : [];
    const postedTo = [...new Set(touched)].sort().map((ofPeriod) => ({ ofPeriod, period: postingPeriod(ofPeriod, closedThrough).period }));
    return { ...file, item: { ...item, postedTo } };
  });
}

/** What the files of a plan are judged beside. */
interface PlanWorld {
  /** As the files before it in the plan would leave them. */
  readonly rows: Map<string, StoredFile>;
  /** Files that those before it put in or take out. */
  readonly changed: Set<string>;
  /** By the shadow's fileId: what the manifests say now that is not so. */
  readonly disproved: ReadonlyMap<string, ControlVerdict>;
}

/** A manifest may have come, or changed, since the plan was counted. */
async function findDisproved(
  transaction: StoreTransaction,
  { pipeline }: StoredPlan,
  counted: readonly StoredFile[],
): Promise<ReadonlyMap<string, ControlVerdict>> {
  const disproved = new Map<string, ControlVerdict>();
  for (const sourceId of new Set(counted.map((row) => row.sourceId))) {
    const rows = counted.filter((row) => row.sourceId === sourceId);
    const sourceKeys = rows.map(({ sourceKey }) => sourceKey);
    const expected = new Map((await transaction.expected.read(pipeline, sourceId, sourceKeys)).map((file) => [file.sourceKey, file]));
    for (const row of rows) {
      const file = expected.get(row.sourceKey);
      const verdict = file ? await judgeIn(transaction, file, row) : null;
      if (verdict) disproved.set(row.fileId, verdict);
    }
  }
  return disproved;
}

type JudgedFile = Omit<JudgedPlanFile, 'item'> & { readonly item: Omit<PlanItem, 'postedTo'> };

function judgeFile(plan: StoredPlan, counted: StoredFile, receipt: StoredReceipt | null, world: PlanWorld): JudgedFile {
  const { rows, changed } = world;
  const fileId = idWithin(plan.pipeline, counted);
  const row = rows.get(fileId) ?? null;
  const decision: Decided = changed.has(fileId)
    ? { action: 'none', outcome: 'superseded', detail: 'another file of this plan takes its place', superseded: [] }
    : decide(plan, { fileId, counted, row, receipt, world });
  const { records = 0, rejected = 0 } = receipt?.receipt ?? {};
  const contentDigest = receipt ? countedDigest(receipt.receipt) : '';
  const superseded = decision.superseded.flatMap((other) => rows.get(other) ?? []);
  const takesOut = decision.outcome === 'in' ? [...(row ? [row] : []), ...superseded].flatMap(versionIn) : [];
  const { sourceKey, sizeBytes } = counted;
  const seen = row && { fileId, version: row.version, state: row.state, inVersion: row.inVersion };
  const { action, outcome, detail } = decision;
  const item = { fileId, sourceKey, sizeBytes, seen, action, outcome, detail, takesOut, records, rejected, contentDigest };
  // Those after it in the plan see what it would change.
  if (action !== 'none') changed.add(fileId);
  if (outcome === 'in') rows.set(fileId, asIn(row ?? { ...newRow(plan, counted, fileId), sequence: UNSEEN_SEQUENCE }, contentDigest));
  for (const other of superseded) changed.add(other.fileId);
  for (const other of superseded) rows.set(other.fileId, { ...other, inVersion: null, inContentDigest: null, state: 'superseded' });
  return { item, counted, row, receipt, superseded };
}

interface Decided {
  readonly action: PlanAction;
  readonly outcome: string;
  readonly detail: string;
  readonly superseded: readonly string[];
}

function decide(
  plan: StoredPlan,
  {
    fileId,
    counted,
    row,
    receipt,
    world: { rows, changed, disproved },
  }: { fileId: string; counted: StoredFile; row: StoredFile | null; receipt: StoredReceipt | null; world: PlanWorld },
): Decided {
  const { allowances, policies } = requestOf(plan);
  const action = actionOn(row);
  const none = (outcome: string, detail: string): Decided => ({ action: 'none', outcome, detail, superseded: [] });
  if ((action === 'recount' && !allowances.recount) || (action === 'release' && !allowances.release))
    return none('kept', `its row is ${row?.state ?? ''}, and the plan was not asked to ${action} files`);
  if (counted.state !== 'in' || receipt === null) return none(counted.reason ?? `${counted.state} within the plan`, counted.detail ?? '');
  const verdict = disproved.get(counted.fileId);
  if (verdict) return none(verdict.reason, verdict.detail);
  const { records } = receipt.receipt;
  const contentDigest = countedDigest(receipt.receipt);
  const file = { ...(row ?? newRow(plan, counted, fileId)), sequence: row?.sequence ?? UNSEEN_SEQUENCE };
  const others = [...rows.values()].filter((other) => other.fileId !== fileId);
  const generations = others.filter(({ sourceId, sourceKey }) => sourceId === counted.sourceId && sourceKey === counted.sourceKey);
  const holders = others.filter(({ inContentDigest }) => inContentDigest === contentDigest);
  const decision = decideApply({ file, contentDigest, records, generations, holders, policies: policiesOfPlan(policies, allowances) });
  if (decision.kind === 'quarantine') return none(decision.reason, decision.detail);
  if (decision.kind === 'overtaken') return none('overtaken', 'a later generation of this file is in the totals');
  if (decision.kind === 'alias') return { action, outcome: 'alias', detail: 'the totals hold this content already', superseded: [] };
  const superseded = decision.supersedes.map((other) => other.fileId);
  // One plan puts a file in or takes it out, never both.
  const both = superseded.find((other) => changed.has(other));
  if (both !== undefined)
    return none('new_generation', `the plan itself changes ${both}, another generation of it: plan one after the other`);
  return { action, outcome: 'in', detail: '', superseded };
}

function actionOn(row: StoredFile | null): PlanAction {
  if (row === null || row.state === 'seen' || row.state === 'counting' || row.state === 'counted') return 'count';
  return row.state === 'quarantined' ? 'release' : 'recount';
}

/** The row of a file that the plan saw first. */
export function newRow({ pipeline }: StoredPlan, counted: StoredFile, fileId: string): NewFile {
  const { sourceId, sourceKey, generation, sizeBytes, firstSeenMs, updatedMs, period } = counted;
  const identity = { fileId, pipeline, sourceId, sourceKey, generation, sizeBytes, period };
  const nothingYet = { detail: null, plan: null, planDigest: null, contentDigest: null, inContentDigest: null };
  return { ...FIRST_SIGHT, ...identity, ...nothingYet, firstSeenMs, updatedMs };
}

/** The fileId that the generation has in another pipeline than the one it is counted in. */
export function idWithin(
  pipeline: string,
  { sourceId, sourceKey, generation }: Pick<StoredFile, 'sourceId' | 'sourceKey' | 'generation'>,
): string {
  return sha256Hex(fileIdentity({ pipeline, sourceId, sourceKey, generation })).slice(0, FILE_ID_DIGITS);
}

function asIn(row: StoredFile, contentDigest: string): StoredFile {
  return { ...row, state: 'in', inVersion: row.version, contentDigest, inContentDigest: contentDigest };
}

function versionId({ fileId, version }: FileVersion): string {
  return `${fileId}:${version}`;
}

function versionIn({ fileId, inVersion }: StoredFile): FileVersion[] {
  return inVersion === null ? [] : [{ fileId, version: inVersion }];
}
