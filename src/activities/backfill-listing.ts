/** Finds the files that a backfill chose, registers them by the rules of every scan, and says which are to be started. */
import { Context } from '@temporalio/activity';
import type { ListBackfillResult } from '../contracts/activity-types';
import type { BackfillInput } from '../contracts/workflow-types';
import { TallylineFailure } from '../core/failures';
import { isTerminal } from '../core/file-row';
import { BACKFILL_KEYS_MAX, LIST_STRETCH_MS_MAX, START_BATCH_FILES_MAX, WINDOW_WAIT_MS_MAX } from '../core/limits';
import { fileIdOf } from '../kernel/digest';
import type { ListedFile } from '../sources/source';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';
import { pause } from './pause';
import { pipelineRuntime } from './pipeline-runtime';
import { registerFiles } from './register-files';
import { toStartableFiles } from './startable-files';

const ROOM_POLL_MS = 250;

interface ChosenPage {
  readonly files: readonly ListedFile[];
  readonly absent: number;
  readonly cursor: string | null;
}

export async function listBackfill(
  dependencies: ActivityDependencies,
  input: BackfillInput & { readonly cursor: string | null },
): Promise<ListBackfillResult> {
  const runtime = pipelineRuntime(dependencies, input.pipeline);
  const chooses = parseChoice(input);
  await runtime.source.probe();
  await waitForRoom(dependencies, runtime);
  const page =
    input.keys === undefined
      ? await listChosen(dependencies, runtime, input.cursor, chooses)
      : await lookUp(runtime, input.keys, input.cursor);
  await registerFiles(dependencies, runtime, page.files);
  return {
    ...(await judgePage(dependencies, runtime, page)),
    matched: page.files.length + page.absent,
    cursor: page.cursor,
    settings: runtime.scanSettings,
  };
}

/** The window holds across scans and backfills. Bounded: afterwards the page is taken anyway, and each page waits for the one before. */
async function waitForRoom(dependencies: ActivityDependencies, { pipeline, source, scanSettings }: PipelineRuntime): Promise<void> {
  const context = Context.current();
  const { windowFiles } = scanSettings;
  const endsAtMs = dependencies.now() + WINDOW_WAIT_MS_MAX;
  while (dependencies.now() < endsAtMs && !context.cancellationSignal.aborted) {
    const { inFlight } = await dependencies.sink.filesToStart({
      pipeline,
      sourceId: source.sourceId,
      afterSequence: 0,
      windowFiles,
      limitFiles: 1,
    });
    if (inFlight < windowFiles) return;
    context.heartbeat(null);
    await pause(ROOM_POLL_MS, context.cancellationSignal);
  }
}

/** Throws `config_invalid` unless exactly one way of choosing is given. */
export function parseChoice(input: BackfillInput): (file: ListedFile) => boolean {
  const isRange = input.modifiedFrom !== undefined || input.modifiedTo !== undefined;
  const ways = [input.keys !== undefined, input.prefix !== undefined, isRange].filter(Boolean).length;
  if (ways !== 1) {
    throw new TallylineFailure(
      'config_invalid',
      `a backfill of ${input.pipeline} needs exactly one of keys, prefix, or modifiedFrom/modifiedTo`,
    );
  }
  if (input.keys !== undefined && (input.keys.length === 0 || input.keys.length > BACKFILL_KEYS_MAX)) {
    throw new TallylineFailure('config_invalid', `a backfill takes 1 to ${BACKFILL_KEYS_MAX} keys, not ${input.keys.length}`);
  }
  const { prefix } = input;
  if (prefix !== undefined) return (file) => file.sourceKey.startsWith(prefix);
  const fromMs = parseInstant(input.modifiedFrom, 'modifiedFrom', Number.NEGATIVE_INFINITY);
  const toMs = parseInstant(input.modifiedTo, 'modifiedTo', Number.POSITIVE_INFINITY);
  return (file) => file.modifiedAtMs >= fromMs && file.modifiedAtMs < toMs;
}

function parseInstant(text: string | undefined, name: string, absent: number): number {
  if (text === undefined) return absent;
  const instantMs = Date.parse(text);
  if (Number.isNaN(instantMs)) throw new TallylineFailure('config_invalid', `${name} "${text}" is not an ISO 8601 instant`);
  return instantMs;
}

async function listChosen(
  dependencies: ActivityDependencies,
  runtime: PipelineRuntime,
  cursor: string | null,
  chooses: (file: ListedFile) => boolean,
): Promise<ChosenPage> {
  const endsAtMs = dependencies.now() + LIST_STRETCH_MS_MAX;
  for await (const page of runtime.source.list({ pageFiles: START_BATCH_FILES_MAX, cursor: cursor ?? undefined })) {
    Context.current().heartbeat(page.cursor);
    const files = page.files.filter(chooses);
    if (files.length > 0 || dependencies.now() >= endsAtMs) return { files, absent: 0, cursor: page.cursor };
  }
  return { files: [], absent: 0, cursor: null };
}

async function lookUp(runtime: PipelineRuntime, keys: readonly string[], cursor: string | null): Promise<ChosenPage> {
  const start = Number(cursor ?? 0);
  const end = Math.min(start + START_BATCH_FILES_MAX, keys.length);
  const found = await Promise.all(keys.slice(start, end).map((key) => runtime.source.look(key)));
  const files = found.filter((file) => file !== null);
  return { files, absent: end - start - files.length, cursor: end < keys.length ? String(end) : null };
}

async function judgePage(
  { sink }: ActivityDependencies,
  { pipeline, source }: PipelineRuntime,
  page: ChosenPage,
): Promise<Pick<ListBackfillResult, 'files' | 'states'>> {
  const byId = new Map(page.files.map((file) => [fileIdOf({ pipeline, sourceId: source.sourceId, ...file }), file]));
  const statuses = await sink.readStatuses([...byId.keys()]);
  const states: Record<string, number> = {};
  const add = (state: string, count: number) => {
    if (count > 0) states[state] = (states[state] ?? 0) + count;
  };
  add('absent', page.absent);
  add('unsettled', byId.size - statuses.length);
  for (const { state } of statuses) if (isTerminal(state)) add(state, 1);
  const toStart = statuses
    .filter(({ state }) => !isTerminal(state))
    .map(({ fileId, version }) => ({ fileId, version, sequence: 0, ...requireListed(byId, fileId) }));
  return { files: toStartableFiles(toStart), states };
}

function requireListed(byId: ReadonlyMap<string, ListedFile>, fileId: string): ListedFile {
  const file = byId.get(fileId);
  if (file === undefined) throw new TallylineFailure('invariant_violated', `the sink answered for file ${fileId}, which was not asked`);
  return file;
}
