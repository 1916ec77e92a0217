/** Which source files may be disposed of, and what became of them. */
import { describeDisposal, disposalAfter, type DisposalState } from '../../core/disposal';
import { LEDGER_TEXT_CHARACTERS_MAX } from '../../core/limits';
import { planIdOf } from '../../core/plan-name';
import type { FileVersion } from '../sink';
import type {
  BeginDisposalInput,
  Disposal,
  FilesToDispose,
  FilesToDisposeInput,
  FileToDispose,
  RecordDisposalInput,
} from '../sink-disposals';
import type { StoredFile, StoreTransaction } from '../store';
import type { StoredDisposal } from '../store-disposals';
import { appendLedger, lockPipeline, newEntry, refuseWhenStopped } from './pipeline-lock';
import { lockFile } from './row-change';

export const BY_AFTER_COUNTING = 'afterCounting';

export async function filesToDispose(transaction: StoreTransaction, input: FilesToDisposeInput): Promise<FilesToDispose> {
  const { pipeline, sourceId, appliedBeforeMs, afterSequence, limit } = input;
  if (planIdOf(pipeline) !== null) return { files: [], nextAfterSequence: null };
  const rows = await transaction.files.list({ pipeline, sourceId, states: ['in'], afterSequence, limit });
  const last = rows[rows.length - 1];
  const nextAfterSequence = last === undefined || rows.length < limit ? null : last.sequence;
  // Most rows are known not to be due, or to be done, by themselves and by one look-up.
  const due = rows.filter(({ updatedMs }) => updatedMs < appliedBeforeMs);
  const disposals = await disposalsOf(transaction, due);
  const open = due.filter((row) => !isEnded(disposals.get(idOf(row))));
  const billed = await billedOf(transaction, pipeline, open, appliedBeforeMs);
  const files = billed.map((row) => toFile(row, row.version, disposals.get(idOf(row))));
  return { files, nextAfterSequence };
}

export async function begunDisposals(
  transaction: StoreTransaction,
  { pipeline, sourceId, limit }: { readonly pipeline: string; readonly sourceId: string; readonly limit: number },
): Promise<FileToDispose[]> {
  const begun = await transaction.disposals.begun(pipeline, sourceId, limit);
  const rows = new Map((await transaction.files.read(begun.map(({ fileId }) => fileId))).map((row) => [row.fileId, row]));
  return begun.flatMap((disposal) => {
    const row = rows.get(disposal.fileId);
    return row === undefined ? [] : [toFile(row, disposal.version, disposal)];
  });
}

/** The pipeline first, as everything that writes the ledger does: no correction passes between what is looked at here and what is written. */
export async function beginDisposal(transaction: StoreTransaction, input: BeginDisposalInput): Promise<boolean> {
  const { fileId, version, kind, place, appliedBeforeMs, nowMs } = input;
  const row = await lockForDisposal(transaction, fileId);
  if (row === null || row.version !== version) return false;
  const disposals = await disposalsOf(transaction, [row]);
  const known = disposals.get(idOf(row));
  if (isEnded(known)) return false;
  const billed = await billedOf(transaction, row.pipeline, [row], appliedBeforeMs);
  if (billed.length === 0) return false;
  const { pipeline, sourceId } = row;
  const begunMs = known?.begunMs ?? nowMs;
  await transaction.disposals.put({ pipeline, sourceId, fileId, version, kind, place, state: 'begun', begunMs, endedMs: null });
  return true;
}

export async function recordDisposal(transaction: StoreTransaction, input: RecordDisposalInput): Promise<DisposalState | null> {
  const { fileId, version, outcome, nowMs } = input;
  const [seen] = await transaction.files.read([fileId]);
  if (seen === undefined) return null;
  const pipeline = await lockPipeline(transaction, seen.pipeline);
  const known = (await transaction.disposals.read([fileId])).find((disposal) => disposal.version === version);
  if (known !== undefined && isEnded(known)) return known.state;
  const state = disposalAfter(known ?? null, outcome);
  if (state === null) return known?.state ?? null;
  // What was begun is what may have been done; a configuration that changed meanwhile says nothing about it.
  const { kind, place } = outcome === 'done' || outcome === 'already' ? input : (known ?? input);
  const begunMs = known?.begunMs ?? nowMs;
  const { sourceId } = seen;
  await transaction.disposals.put({ pipeline: seen.pipeline, sourceId, fileId, version, kind, place, state, begunMs, endedMs: nowMs });
  if (state !== 'done') return state;
  const reason = describeDisposal({ kind, place, state }).slice(0, LEDGER_TEXT_CHARACTERS_MAX);
  await appendLedger(transaction, pipeline, [newEntry({ by: BY_AFTER_COUNTING, reason, nowMs }, 'note', { fileId, version })]);
  return state;
}

export async function readDisposals(
  transaction: StoreTransaction,
  { fileIds }: { readonly fileIds: readonly string[] },
): Promise<Disposal[]> {
  // The latest version of a file comes last.
  const latest = new Map((await transaction.disposals.read(fileIds)).map((disposal) => [disposal.fileId, disposal]));
  return [...latest.values()].map(({ pipeline: _pipeline, sourceId: _sourceId, ...disposal }) => disposal);
}

/** Throws pipeline_stopped. Null for a file that is not known, or that a plan counted. */
async function lockForDisposal(transaction: StoreTransaction, fileId: string): Promise<StoredFile | null> {
  const [seen] = await transaction.files.read([fileId]);
  if (seen === undefined || planIdOf(seen.pipeline) !== null) return null;
  refuseWhenStopped(await lockPipeline(transaction, seen.pipeline));
  return await lockFile(transaction, fileId);
}

/** Those whose own contribution is in the totals, by an entry of the ledger made before, and is kept: they can still be taken out. */
async function billedOf(
  transaction: StoreTransaction,
  pipeline: string,
  rows: readonly StoredFile[],
  appliedBeforeMs: number,
): Promise<StoredFile[]> {
  const inTotals = rows.filter(({ state, version, inVersion }) => state === 'in' && inVersion === version);
  if (inTotals.length === 0) return [];
  const entries = await transaction.ledger.ofFiles(
    pipeline,
    inTotals.map(({ fileId }) => fileId),
  );
  const counted = entries.filter(({ kind, atMs }) => kind === 'counted' && atMs < appliedBeforeMs);
  const inLedger = new Set(counted.map(({ fileId, version }) => `${String(fileId)}:${String(version)}`));
  const kept = new Set((await transaction.contributions.parts(inTotals.map(toVersion))).map(idOf));
  return inTotals.filter((row) => inLedger.has(idOf(row)) && kept.has(idOf(row)));
}

/** Of the version that each row has, by its id. */
async function disposalsOf(transaction: StoreTransaction, rows: readonly StoredFile[]): Promise<Map<string, StoredDisposal>> {
  if (rows.length === 0) return new Map();
  const disposals = await transaction.disposals.read(rows.map(({ fileId }) => fileId));
  return new Map(disposals.map((disposal) => [idOf(disposal), disposal]));
}

function isEnded(disposal: Pick<Disposal, 'endedMs'> | undefined): boolean {
  return disposal !== undefined && disposal.endedMs !== null;
}

function toFile(row: StoredFile, version: number, disposal: StoredDisposal | undefined): FileToDispose {
  const { fileId, sequence, sourceKey, generation, sizeBytes } = row;
  const begun = disposal === undefined ? null : { kind: disposal.kind, place: disposal.place };
  return { fileId, version, sequence, sourceKey, generation, sizeBytes, begun };
}

function toVersion({ fileId, version }: FileVersion): FileVersion {
  return { fileId, version };
}

function idOf({ fileId, version }: FileVersion): string {
  return `${fileId}:${version}`;
}
