/** Partials and checkpoints: stored once, and only for the version and plan that count. */
import { countPartialEntries } from '../../core/partial-codec';
import type { PartialAddress, PutBlobResult } from '../sink';
import type { StoredFile, StoreTransaction } from '../store';
import { setAside } from './admit';
import { sha256Hex } from '../content-digest';
import { appendLedger, lockPipeline, newEntry } from './pipeline-lock';
import { lockFile } from './row-change';
import { assertInvariant } from '../../core/failures';

export interface PutBlobInput extends PartialAddress {
  readonly blob: Uint8Array;
  /** sha256 of the blob, hex. */
  readonly digest: string;
  readonly nowMs: number;
}

/** conflict_in: another result than the one in the totals; `noteConflict` writes it down. */
export async function putPartial(transaction: StoreTransaction, input: PutBlobInput): Promise<PutBlobResult | 'conflict_in'> {
  const { splitIndex, planDigest, digest, blob } = input;
  assertInvariant(
    sha256Hex(blob) === digest,
    `the partial of split ${splitIndex} of ${input.fileId} does not have the digest given with it`,
  );
  const row = await lockFile(transaction, input.fileId);
  if (row === null || row.version !== input.version || row.planDigest !== planDigest) return 'fenced';
  if (row.state === 'in') return await compareWithApplied(transaction, input);
  const stored = (await transaction.blobs.partialDigests(row)).find(
    (partial) => partial.splitIndex === splitIndex && partial.planDigest === planDigest,
  );
  if (stored) return await compareWithStored(transaction, row, stored.digest, input);
  if (row.state !== 'counting' || row.plan?.splits[splitIndex] === undefined) return 'fenced';
  const { fileId, version } = row;
  const entries = countPartialEntries(blob);
  await transaction.blobs.insertPartial({ fileId, version, planDigest, splitIndex, digest, blob, entries });
  return 'stored';
}

async function compareWithStored(
  transaction: StoreTransaction,
  row: StoredFile,
  digest: string,
  input: PutBlobInput,
): Promise<PutBlobResult> {
  if (digest === input.digest) return 'already';
  const detail = `split ${input.splitIndex} was counted with two results, ${digest} and ${input.digest}`;
  const after = await setAside(transaction, row, { reason: 'digest_conflict', detail }, input.nowMs);
  return after.state === 'quarantined' ? 'conflict' : 'fenced';
}

async function compareWithApplied(
  transaction: StoreTransaction,
  { fileId, version, splitIndex, digest }: PutBlobInput,
): Promise<PutBlobResult | 'conflict_in'> {
  const [receipt] = await transaction.receipts.read([{ fileId, version }]);
  const applied = receipt?.partialDigests.split(',')[splitIndex];
  if (applied === undefined || applied === '') return 'fenced';
  return applied === digest ? 'already' : 'conflict_in';
}

/** What the totals hold stays; the ledger says, once a split, that another attempt disagreed. Locks the pipeline first, as all ledger writers do. */
export async function noteConflict(transaction: StoreTransaction, input: PutBlobInput): Promise<void> {
  const [row] = await transaction.files.read([input.fileId]);
  if (row === undefined) return;
  const pipeline = await lockPipeline(transaction, row.pipeline);
  const reason = `digest_conflict: split ${input.splitIndex} of version ${input.version} was counted with another result after it was applied`;
  const entries = await transaction.ledger.ofFiles(row.pipeline, [row.fileId]);
  if (entries.some((entry) => entry.kind === 'note' && entry.reason === reason)) return;
  const by = { by: 'putPartial', reason, nowMs: input.nowMs };
  await appendLedger(transaction, pipeline, [newEntry(by, 'note', { fileId: row.fileId, version: input.version })]);
}

export async function putCheckpoint(transaction: StoreTransaction, input: PutBlobInput): Promise<PutBlobResult> {
  const row = await lockFile(transaction, input.fileId);
  const isCurrent = row?.version === input.version && row.state === 'counting' && row.planDigest === input.planDigest;
  if (!isCurrent || row.plan?.splits[input.splitIndex] === undefined) return 'fenced';
  const { fileId, version, planDigest, splitIndex } = input;
  await transaction.blobs.insertCheckpoint({ fileId, version, planDigest, splitIndex }, input.digest, input.blob);
  return 'stored';
}

/** Null when it is not there, or is not what its address says. */
export async function readCheckpoint(
  transaction: StoreTransaction,
  input: PartialAddress & { readonly digest: string },
): Promise<Uint8Array | null> {
  const blob = await transaction.blobs.checkpoint(input, input.digest);
  return blob !== null && sha256Hex(blob) === input.digest ? blob : null;
}

export async function storedSplits(
  transaction: StoreTransaction,
  input: { fileId: string; version: number; planDigest: string },
): Promise<readonly number[]> {
  const stored = await transaction.blobs.partialDigests(input);
  return stored
    .filter(({ planDigest }) => planDigest === input.planDigest)
    .map(({ splitIndex }) => splitIndex)
    .sort((left, right) => left - right);
}
