/** What a manifest announces is stored, and files that were counted before it came are judged by it. */
import { FAILURE_DETAIL_CHARACTERS_MAX } from '../../core/limits';
import { findLateFiles } from '../../core/late-manifest';
import type { KnownManifest, LateMismatch, ManifestAddress, PutManifestInput, PutManifestResult } from '../sink-expected';
import type { ExpectedFile, StoredManifest } from '../store-expected';
import type { SourceAddress, StoredFile, StoreTransaction } from '../store';
import { setAside } from './admit';
import { assembleCount } from './file-count';
import { judgeCount, judgeIn } from './file-control';
import { appendLedger, lockPipeline, newEntry, requirePipeline, type NewEntry } from './pipeline-lock';

export async function readManifests(
  transaction: StoreTransaction,
  { pipeline, sourceId, manifestKeys }: { pipeline: string; sourceId: string; manifestKeys: readonly string[] },
): Promise<readonly KnownManifest[]> {
  return await transaction.manifests.read(pipeline, sourceId, manifestKeys);
}

/**
 * Answers whether files may have been counted without it: then `judgeStored` follows, in a transaction of its own. Whoever marks a file
 * counted after this one sees what it stored, and whoever did so before is seen by the next.
 */
export async function storeManifest(transaction: StoreTransaction, input: PutManifestInput): Promise<boolean> {
  const { pipeline, sourceId, manifestKey, generation, isBatch, nowMs } = input;
  // Also without those who register files: each of the two looks for what the other writes.
  requirePipeline(await transaction.pipelines.lockAlone(pipeline), pipeline);
  const sourceKeys = input.files.map(({ sourceKey }) => sourceKey);
  const generations = await transaction.files.generations(pipeline, addressesOf(input));
  const came = new Set(generations.map(({ sourceKey }) => sourceKey));
  const before = new Map((await transaction.expected.read(pipeline, sourceId, sourceKeys)).map((row) => [row.sourceKey, row]));
  const expected = input.files.map(({ sourceKey, control }): ExpectedFile => {
    const known = before.get(sourceKey);
    // One that is written again and again does not put off what was due.
    const dueMs = known?.cameMs === null ? Math.min(known.dueMs, input.dueMs) : input.dueMs;
    const cameMs = known?.cameMs ?? (came.has(sourceKey) ? nowMs : null);
    return { pipeline, sourceId, sourceKey, control, manifestKey, dueMs, cameMs };
  });
  await transaction.expected.withdraw(pipeline, sourceId, manifestKey, sourceKeys);
  await transaction.expected.put(expected);
  // A file without a row waits for the manifest beside it; nothing holds back those that a batch lists.
  const mayBeCounted = isBatch || came.size > 0;
  const state = mayBeCounted ? 'stored' : 'judged';
  await transaction.manifests.put({ pipeline, sourceId, manifestKey, generation, isBatch, state, fault: null, readMs: nowMs });
  return mayBeCounted;
}

/** Locks the pipeline as apply does: a file is counted and judged here, or in and `late`, never between the two. */
export async function judgeStored(transaction: StoreTransaction, input: PutManifestInput): Promise<PutManifestResult> {
  const { pipeline, sourceId, manifestKey } = input;
  await lockPipeline(transaction, pipeline);
  const [manifest] = await transaction.manifests.read(pipeline, sourceId, [manifestKey]);
  if (manifest?.generation !== input.generation || manifest.state === 'malformed') return { quarantined: 0, late: [] };
  const generations = await transaction.files.generations(pipeline, addressesOf(input));
  const quarantined = await judgeUnderWay(transaction, input, generations);
  const late = findLate(generations);
  if (late.length === 0) await transaction.manifests.put({ ...manifest, state: 'judged' });
  return { quarantined, late };
}

function addressesOf({ sourceId, files }: PutManifestInput): readonly SourceAddress[] {
  return files.map(({ sourceKey }) => ({ sourceId, sourceKey }));
}

/** Locks also what is being counted: who marks it counted at this instant may have looked before the manifest was stored. */
async function judgeUnderWay(
  transaction: StoreTransaction,
  { pipeline, sourceId, manifestKey, nowMs }: PutManifestInput,
  generations: readonly StoredFile[],
): Promise<number> {
  const underWay = generations.filter(({ state }) => state === 'counting' || state === 'counted');
  const rows = await transaction.files.lock(underWay.map(({ fileId }) => fileId));
  const sourceKeys = rows.map(({ sourceKey }) => sourceKey);
  const expected = new Map((await transaction.expected.read(pipeline, sourceId, sourceKeys)).map((file) => [file.sourceKey, file]));
  let quarantined = 0;
  for (const row of rows) {
    const file = expected.get(row.sourceKey);
    if (row.state !== 'counted' || file?.manifestKey !== manifestKey) continue;
    const count = assembleCount(row, await transaction.blobs.partials([row]));
    const verdict = count.kind === 'complete' ? judgeCount(file, count) : null;
    if (verdict === null) continue;
    await setAside(transaction, row, verdict, nowMs);
    quarantined += 1;
  }
  return quarantined;
}

function findLate(generations: readonly StoredFile[]): PutManifestResult['late'] {
  const groups = new Map<string, StoredFile[]>();
  for (const row of generations) groups.set(row.sourceKey, [...(groups.get(row.sourceKey) ?? []), row]);
  return [...groups].flatMap(([sourceKey, rows]) => {
    const files = findLateFiles(rows);
    return files.length === 0 ? [] : [{ sourceKey, files }];
  });
}

export async function putMalformedManifest(
  transaction: StoreTransaction,
  { nowMs, fault, ...input }: ManifestAddress & { generation: string; isBatch: boolean; fault: string; nowMs: number },
): Promise<void> {
  await transaction.manifests.put({
    ...input,
    state: 'malformed',
    fault: fault.slice(0, FAILURE_DETAIL_CHARACTERS_MAX),
    readMs: nowMs,
  });
}

export interface JudgeManifestInput extends ManifestAddress {
  readonly generation: string;
  readonly fileIds: readonly string[];
  /** No more files follow: the manifest is judged then. */
  readonly isLast: boolean;
  readonly nowMs: number;
}

export async function judgeManifest(transaction: StoreTransaction, input: JudgeManifestInput): Promise<readonly LateMismatch[]> {
  const { pipeline, sourceId, manifestKey } = input;
  const row = await lockPipeline(transaction, pipeline);
  const [manifest] = await transaction.manifests.read(pipeline, sourceId, [manifestKey]);
  if (manifest?.generation !== input.generation || manifest.state === 'malformed') return [];
  const mismatches: LateMismatch[] = [];
  for (const file of await transaction.files.lock(input.fileIds)) {
    const [expected] = await transaction.expected.read(pipeline, sourceId, [file.sourceKey]);
    if (expected?.manifestKey !== manifestKey) continue;
    const verdict = await judgeIn(transaction, expected, file);
    if (verdict) mismatches.push({ fileId: file.fileId, sourceKey: file.sourceKey, detail: verdict.detail });
  }
  await appendLedger(transaction, row, await notesOf(transaction, input, mismatches));
  if (input.isLast) await transaction.manifests.put({ ...manifest, state: 'judged' } satisfies StoredManifest);
  return mismatches;
}

/** Once each, however often the manifest is judged. */
async function notesOf(
  transaction: StoreTransaction,
  { pipeline, nowMs }: JudgeManifestInput,
  mismatches: readonly LateMismatch[],
): Promise<readonly NewEntry[]> {
  const fileIds = mismatches.map(({ fileId }) => fileId);
  const [entries, rows] = [await transaction.ledger.ofFiles(pipeline, fileIds), await transaction.files.read(fileIds)];
  return mismatches.flatMap(({ fileId, detail }) => {
    const reason = `control_mismatch: ${detail}`.slice(0, FAILURE_DETAIL_CHARACTERS_MAX);
    if (entries.some((entry) => entry.fileId === fileId && entry.kind === 'note' && entry.reason === reason)) return [];
    const version = rows.find((row) => row.fileId === fileId)?.inVersion ?? null;
    return [newEntry({ by: 'manifest', reason, nowMs }, 'note', { fileId, version })];
  });
}
