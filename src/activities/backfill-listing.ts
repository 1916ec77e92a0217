/** Finds the files that a backfill chose, registers them by the rules of every scan, and says which are to be started. */
import { Context } from '@temporalio/activity';
import type { ListBackfillInput, ListBackfillResult } from '../contracts/activity-types';
import type { BackfillChoice } from '../contracts/backfill-choice';
import { TallylineFailure } from '../core/failures';
import { isTerminal } from '../core/file-row';
import { LIST_PAGE_MS_MAX, LIST_STRETCH_MS_MAX, START_BATCH_FILES_MAX, WINDOW_WAIT_MS_MAX } from '../core/limits';
import { fileIdOf } from '../kernel/digest';
import type { ListedFile } from '../sources/source';
import type { ActivityDependencies, PipelineRuntime, PipelineSettings } from './dependencies';
import { pause } from './pause';
import { pipelineRuntime } from './pipeline-runtime';
import type { PageToRegister } from './manifest-reading';
import { registerFiles } from './register-files';
import { toStartableFiles } from './startable-files';

const ROOM_POLL_MS = 250;

interface ChosenPage extends PageToRegister {
  readonly absent: number;
  readonly cursor: string | null;
  readonly hasMore: boolean;
  readonly problem: string | null;
}

const NO_FILES = { files: [], batchManifests: [], absent: 0, problem: null } as const;

export async function listBackfill(
  dependencies: ActivityDependencies,
  { pipeline, choice, cursor }: ListBackfillInput,
): Promise<ListBackfillResult> {
  await requirePipeline(dependencies, pipeline);
  const runtime = pipelineRuntime(dependencies, pipeline);
  const { sourceId } = runtime.source;
  await runtime.source.probe();
  const roomFiles = await waitForRoom(dependencies, { settings: runtime, sourceId });
  const page = await choosePage(dependencies, runtime, { choice, cursor, pageFiles: roomFiles });
  await registerFiles(dependencies, runtime, page);
  return {
    ...(await judgePage(dependencies, { pipeline, sourceId }, page)),
    matched: page.files.length + page.absent,
    cursor: page.cursor,
    hasMore: page.hasMore,
    problem: page.problem,
    settings: runtime.scanSettings,
  };
}

/** Throws config_invalid for one that no worker has ever run. */
export async function requirePipeline({ sink }: ActivityDependencies, pipeline: string): Promise<void> {
  if ((await sink.readPipeline(pipeline)) !== null) return;
  throw new TallylineFailure('config_invalid', `a backfill cannot begin: no worker has ever run a pipeline ${pipeline}`);
}

/** How many files may be started now. The window holds across scans and backfills; 0 after a bounded wait, and the backfill asks again. */
export async function waitForRoom(
  dependencies: ActivityDependencies,
  { settings, sourceId }: { readonly settings: PipelineSettings; readonly sourceId: string },
): Promise<number> {
  const context = Context.current();
  const { pipeline, scanSettings } = settings;
  const { windowFiles } = scanSettings;
  const endsAtMs = dependencies.now() + WINDOW_WAIT_MS_MAX;
  const ask = { pipeline, sourceId, state: 'seen', afterSequence: 0, windowFiles, limitFiles: 1 } as const;
  for (;;) {
    const { inFlight } = await dependencies.sink.filesToStart(ask);
    const room = Math.min(START_BATCH_FILES_MAX, windowFiles - inFlight);
    if (room > 0) return room;
    if (dependencies.now() >= endsAtMs || context.cancellationSignal.aborted || dependencies.draining.aborted) return 0;
    await pause(ROOM_POLL_MS, context.cancellationSignal);
  }
}

export async function choosePage(
  dependencies: Pick<ActivityDependencies, 'now'>,
  runtime: PipelineRuntime,
  { choice, cursor, pageFiles }: { choice: BackfillChoice; cursor: string | null; pageFiles: number },
): Promise<ChosenPage> {
  if (choice.kind === 'keys') return await lookUp(runtime, choice.keys.slice(0, pageFiles), choice.keys.length);
  if (pageFiles === 0) return { ...NO_FILES, cursor, hasMore: true };
  const endsAtMs = dependencies.now() + LIST_STRETCH_MS_MAX;
  let problem: string | null = null;
  for await (const page of runtime.source.list({ pageFiles, pageMs: LIST_PAGE_MS_MAX, cursor: cursor ?? undefined })) {
    const files = page.files.filter((file) => isChosen(choice, file));
    problem ??= page.problem;
    const { batchManifests, cursor: pageCursor } = page;
    const isWorthIt = files.length + batchManifests.length > 0;
    if (isWorthIt || dependencies.now() >= endsAtMs)
      return { files, batchManifests, absent: 0, cursor: pageCursor, hasMore: true, problem };
  }
  return { ...NO_FILES, problem, cursor: null, hasMore: false };
}

function isChosen(choice: Exclude<BackfillChoice, { kind: 'keys' }>, file: ListedFile): boolean {
  if (choice.kind === 'prefix') return file.sourceKey.startsWith(choice.prefix);
  const { fromMs, toMs } = choice;
  return (fromMs === null || file.modifiedAtMs >= fromMs) && (toMs === null || file.modifiedAtMs < toMs);
}

async function lookUp(runtime: PipelineRuntime, keys: readonly string[], givenKeys: number): Promise<ChosenPage> {
  const looks = await Promise.all(keys.map((key) => look(runtime, key)));
  const files = looks.flatMap((found) => (typeof found === 'object' && found !== null ? [found] : []));
  const problem = looks.find((found) => typeof found === 'string') ?? null;
  const absent = looks.filter((found) => found === null).length;
  return { files, batchManifests: [], absent, problem, cursor: String(keys.length), hasMore: keys.length < givenKeys };
}

/** A manifest is no file. A text: why nobody knows what lies under this key. One file that does not answer must not keep the others from being counted. */
async function look(runtime: PipelineRuntime, key: string): Promise<ListedFile | null | string> {
  try {
    return runtime.source.isManifest(key) ? null : await runtime.source.look(key);
  } catch (error) {
    if (error instanceof TallylineFailure && error.code === 'unreadable') return error.fact;
    throw error;
  }
}

export async function judgePage(
  { sink }: ActivityDependencies,
  { pipeline, sourceId }: { readonly pipeline: string; readonly sourceId: string },
  page: Pick<ChosenPage, 'files' | 'absent'>,
): Promise<Pick<ListBackfillResult, 'files' | 'states'>> {
  const byId = new Map(page.files.map((file) => [fileIdOf({ pipeline, sourceId, ...file }), file]));
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
