/** Compares one page of a listing with the file rows and writes what is new. */
import { FIRST_SIGHT } from '../../core/file-row';
import { isHeld } from '../../core/manifest-hold';
import { isAllowed } from '../../core/plan-choice';
import { configuredPipeline, planIdOf } from '../../core/plan-name';
import { decideLook, type ScanDecision } from '../../core/scan-decision';
import { periodAtFirstSight } from '../../core/period';
import { unescapeBytes } from '../../core/source-key';
import { sha256Hex } from '../content-digest';
import type { RegisterPageInput, RegisterPageResult, SeenFile } from '../sink-scan';
import type { NewFile, StoredFile, StoreTransaction, UnsettledFile } from '../store';
import { noteArrivals } from './expectations';
import { idWithin } from './judge-plan';
import { requirePipeline } from './pipeline-lock';
import { periodRuleOf } from './pipelines';
import { requestOf, requirePlan } from './plan-row';
import { changeRow, saveRows } from './row-change';

type Decided = Readonly<Record<ScanDecision, SeenFile[]>>;

export async function registerPage(transaction: StoreTransaction, input: RegisterPageInput): Promise<RegisterPageResult> {
  const { pipeline, sourceId } = input;
  const rule = periodRuleOf(requirePipeline(await transaction.pipelines.share(pipeline), pipeline));
  const once = [...new Map(input.files.map((file) => [file.fileId, file])).values()];
  const { files, firstSeenMs } = await ofPlan(transaction, input, once);
  const rows = new Map((await transaction.files.read(files.map(({ fileId }) => fileId))).map((row) => [row.fileId, row]));
  const unsettled = new Map(
    (
      await transaction.unsettled.read(
        pipeline,
        sourceId,
        files.map(({ sourceKey }) => sourceKey),
      )
    ).map((row) => [row.sourceKey, row]),
  );
  const held = await findHeld(transaction, input, files);
  const decided = decide({ input, files, rows, unsettled, held });

  const returned = await setAsideReturned(transaction, decided.returned, input.nowMs);
  const tooLong = decided.too_long.map((file) => tooLongFile(input, file));
  const insertedTooLong = await transaction.files.insert(tooLong);
  const fresh = decided.settled.map((file) => {
    const seenMs = firstSeenMs.get(file.fileId) ?? input.nowMs;
    return { ...newFile({ ...input, nowMs: seenMs }, file, file.sourceKey), period: periodAtFirstSight(rule, file.sourceKey, seenMs) };
  });
  const registered = await transaction.files.insert(fresh);
  await noteArrivals(transaction, fresh, input.nowMs);
  await transaction.unsettled.put(decided.unsettled.map((file) => unsettledFile(input, file, unsettled.get(file.sourceKey))));
  const stillUnsettled = new Set(decided.unsettled.map(({ sourceKey }) => sourceKey));
  const noLonger = files.filter(({ sourceKey }) => unsettled.has(sourceKey) && !stillUnsettled.has(sourceKey));
  await transaction.unsettled.remove(
    pipeline,
    sourceId,
    noLonger.map(({ sourceKey }) => sourceKey),
  );
  const quarantined = { path_too_long: insertedTooLong, generation_returned: returned.length };
  return { registered, unsettled: decided.unsettled.length, known: decided.known.length, quarantined };
}

/** A plan takes only what it was asked for, and files that the pipeline knows keep their first sight, by which their period may go. */
async function ofPlan(
  transaction: StoreTransaction,
  { pipeline, sourceId }: RegisterPageInput,
  files: readonly SeenFile[],
): Promise<{ readonly files: readonly SeenFile[]; readonly firstSeenMs: ReadonlyMap<string, number> }> {
  const planId = planIdOf(pipeline);
  if (planId === null) return { files, firstSeenMs: new Map() };
  const { allowances } = requestOf(requirePlan(await transaction.plans.read(planId), planId));
  const ids = new Map(files.map((file) => [file.fileId, idWithin(configuredPipeline(pipeline), { ...file, sourceId })]));
  const rows = new Map((await transaction.files.read([...ids.values()])).map((row) => [row.fileId, row]));
  const wanted = files.filter(({ fileId }) => {
    const id = ids.get(fileId) ?? '';
    return (allowances.fileIds?.includes(id) ?? true) && isAllowed(rows.get(id)?.state ?? null, allowances);
  });
  const seen = wanted.flatMap(({ fileId }) => {
    const row = rows.get(ids.get(fileId) ?? '');
    return row ? [[fileId, row.firstSeenMs] as const] : [];
  });
  return { files: wanted, firstSeenMs: new Map(seen) };
}

/** fileIds of those that wait for their manifest. */
async function findHeld(transaction: StoreTransaction, input: RegisterPageInput, files: readonly SeenFile[]): Promise<ReadonlySet<string>> {
  if (input.manifests === undefined) return new Set();
  const { sourceId } = input;
  const pipeline = configuredPipeline(input.pipeline);
  const { isRequired } = input.manifests;
  const manifestKeys = files.flatMap(({ manifest }) => (manifest ? [manifest.sourceKey] : []));
  const known = new Map((await transaction.manifests.read(pipeline, sourceId, manifestKeys)).map((row) => [row.manifestKey, row]));
  const sourceKeys = isRequired ? files.map(({ sourceKey }) => sourceKey) : [];
  const expected = new Set((await transaction.expected.read(pipeline, sourceId, sourceKeys)).map(({ sourceKey }) => sourceKey));
  const hasMalformedBatch = await transaction.manifests.hasMalformedBatch(pipeline, sourceId);
  const held = files.filter(({ sourceKey, manifest }) => {
    const row = manifest && known.get(manifest.sourceKey);
    return isHeld({
      beside: manifest ?? null,
      known: row ? { generation: row.generation, isMalformed: row.state === 'malformed' } : null,
      isRequired,
      isExpected: expected.has(sourceKey),
      hasMalformedBatch,
    });
  });
  return new Set(held.map(({ fileId }) => fileId));
}

interface Page {
  readonly input: RegisterPageInput;
  readonly files: readonly SeenFile[];
  readonly rows: ReadonlyMap<string, StoredFile>;
  readonly unsettled: ReadonlyMap<string, UnsettledFile>;
  readonly held: ReadonlySet<string>;
}

function decide({ input, files, rows, unsettled, held }: Page): Decided {
  const decided: Decided = { known: [], returned: [], too_long: [], settled: [], unsettled: [] };
  for (const file of files) {
    const before = unsettled.get(file.sourceKey);
    const firstSeenMs = before?.generation === file.generation ? before.firstSeenMs : null;
    const rowState = rows.get(file.fileId)?.state ?? null;
    decided[decideLook({ ...input, ...file, rowState, firstSeenMs, isHeld: held.has(file.fileId) })].push(file);
  }
  return decided;
}

/** Only these are locked: a page must not wait for an apply that has a hold on other rows of it. */
async function setAsideReturned(transaction: StoreTransaction, files: readonly SeenFile[], nowMs: number): Promise<readonly StoredFile[]> {
  if (files.length === 0) return [];
  const detail = 'this generation was superseded and is the current one again';
  const locked = await transaction.files.lock(files.map(({ fileId }) => fileId));
  const changed = locked.map((row) => changeRow(row, { kind: 'generationReturned' }, { nowMs, detail }));
  const returned = changed.flatMap(({ kind, row }) => (kind === 'moved' ? [row] : []));
  await saveRows(transaction, returned);
  return returned;
}

/** Such a key would not fit anywhere: only its digest is kept. */
function tooLongFile(input: RegisterPageInput, file: SeenFile): NewFile {
  const bytes = unescapeBytes(file.sourceKey);
  const row = newFile(input, file, `sha256:${sha256Hex(bytes)}`);
  const event = { kind: 'quarantine', version: row.version, reason: 'path_too_long' } as const;
  return changeRow(row, event, { nowMs: input.nowMs, detail: `the path below the root has ${bytes.length} bytes` }).row;
}

function newFile({ pipeline, sourceId, nowMs }: RegisterPageInput, file: SeenFile, sourceKey: string): NewFile {
  const { fileId, generation, sizeBytes } = file;
  const identity = { fileId, pipeline, sourceId, sourceKey, generation, sizeBytes };
  const nothingYet = { period: '', detail: null, plan: null, planDigest: null, contentDigest: null, inContentDigest: null };
  return { ...FIRST_SIGHT, ...identity, ...nothingYet, firstSeenMs: nowMs, updatedMs: nowMs };
}

function unsettledFile({ pipeline, sourceId, nowMs }: RegisterPageInput, file: SeenFile, before: UnsettledFile | undefined): UnsettledFile {
  const { sourceKey, generation, sizeBytes } = file;
  const firstSeenMs = before?.generation === generation ? before.firstSeenMs : nowMs;
  return { pipeline, sourceId, sourceKey, generation, sizeBytes, firstSeenMs, lastSeenMs: nowMs };
}
