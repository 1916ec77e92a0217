/** After a scan: what becomes of source files that were counted. A bounded piece with each; a fault of one file is told and holds up nothing. */
import { Context } from '@temporalio/activity';
import type { DisposeAction, DisposeOutcome } from '../core/disposal';
import { TallylineFailure } from '../core/failures';
import {
  DISPOSE_AT_ONCE_MAX,
  DISPOSE_BEGUN_PER_SCAN_MAX,
  DISPOSE_FAULTS_NAMED_MAX,
  DISPOSE_FILES_PER_SCAN_MAX,
  DISPOSE_PAGE_FILES,
  DISPOSE_REST_FACTOR,
  DISPOSE_STRETCH_MS_MAX,
  DISPOSE_WAIT_MS_MAX,
} from '../core/limits';
import { planIdOf } from '../core/plan-name';
import type { FileToDispose } from '../sinks/sink-disposals';
import type { ActivityDependencies, AfterCounting, PipelineRuntime } from './dependencies';
import { pause } from './pause';

/** How far a pass over the file rows has come. */
interface Pass {
  readonly afterSequence: number;
  readonly spentMs: number;
  readonly restsUntilMs: number;
}

const FIRST_PASS: Pass = { afterSequence: 0, spentMs: 0, restsUntilMs: 0 };
/** What concerns every file, not the one at hand. */
const ENDS_IT: readonly string[] = ['pipeline_stopped', 'source_unavailable', 'sink_unavailable', 'config_invalid', 'commit_unknown'];

export class FileDisposals {
  private readonly passes = new Map<string, Pass>();
  /** Pipelines at whose files this process is still. */
  private readonly underWay = new Set<string>();

  constructor(private readonly dependencies: ActivityDependencies) {}

  /** Never throws. Plans count under names of their own, and touch nothing. */
  async run(runtime: PipelineRuntime): Promise<void> {
    const { pipeline, afterCounting } = runtime;
    if (afterCounting === undefined || planIdOf(pipeline) !== null || this.underWay.has(pipeline)) return;
    const done = new AbortController();
    const work = this.disposeAfterScan(runtime, afterCounting).finally(() => done.abort());
    await Promise.race([work, pause(DISPOSE_WAIT_MS_MAX, done.signal)]);
  }

  private async disposeAfterScan(runtime: PipelineRuntime, afterCounting: AfterCounting): Promise<void> {
    const { pipeline } = runtime;
    const scan = new DisposalScan(this.dependencies, runtime, afterCounting);
    this.underWay.add(pipeline);
    try {
      this.passes.set(pipeline, await scan.run(this.passes.get(pipeline) ?? FIRST_PASS));
    } catch (error) {
      scan.tell(error, {});
    } finally {
      scan.tellRest();
      this.underWay.delete(pipeline);
    }
  }
}

class DisposalScan {
  private readonly startedAtMs: number;
  private readonly tried = new Set<string>();
  /** What concerns every file: no other is taken in hand. */
  private ending: TallylineFailure | null = null;
  private faults = 0;

  constructor(
    private readonly dependencies: ActivityDependencies,
    private readonly runtime: PipelineRuntime,
    private readonly afterCounting: AfterCounting,
  ) {
    this.startedAtMs = dependencies.now();
  }

  /** What was begun comes first; then file rows from where the last scan left off. Answers where it leaves off. */
  async run(pass: Pass): Promise<Pass> {
    const { pipeline, source } = this.runtime;
    const { sink, now } = this.dependencies;
    for (const place of await source.checkDisposal(this.afterCounting.action)) this.tellDisplaced(place);
    const ofSource = { pipeline, sourceId: source.sourceId };
    await this.disposeAll(await sink.begunDisposals({ ...ofSource, limit: DISPOSE_BEGUN_PER_SCAN_MAX }));
    if (now() < pass.restsUntilMs) return pass;
    let { afterSequence } = pass;
    while (!this.isOver()) {
      const page = await sink.filesToDispose({
        ...ofSource,
        appliedBeforeMs: this.appliedBeforeMs,
        afterSequence,
        limit: DISPOSE_PAGE_FILES,
      });
      const until = await this.disposeAll(page.files.filter(({ fileId }) => !this.tried.has(fileId)));
      const spentMs = pass.spentMs + now() - this.startedAtMs;
      if (until === null && page.nextAfterSequence === null)
        return { afterSequence: 0, spentMs: 0, restsUntilMs: now() + DISPOSE_REST_FACTOR * spentMs };
      afterSequence = until ?? page.nextAfterSequence ?? afterSequence;
    }
    return { afterSequence, spentMs: pass.spentMs + now() - this.startedAtMs, restsUntilMs: 0 };
  }

  tell(error: unknown, about: { readonly file?: string; readonly fileId?: string }): void {
    const { pipeline } = this.runtime;
    const code = error instanceof TallylineFailure ? error.code : 'unforeseen';
    this.dependencies.metrics.failed(code, pipeline);
    this.faults += 1;
    if (this.faults > DISPOSE_FAULTS_NAMED_MAX) return;
    Context.current().log.warn('a counted file could not be disposed of', { pipeline, code, ...about, error: String(error) });
  }

  tellRest(): void {
    const { pipeline } = this.runtime;
    const faults = this.faults - DISPOSE_FAULTS_NAMED_MAX;
    if (faults > 0) Context.current().log.warn('more counted files could not be disposed of', { pipeline, files: faults });
  }

  private tellDisplaced(place: string): void {
    const { pipeline } = this.runtime;
    this.tell(new TallylineFailure('file_displaced', `a file of pipeline ${pipeline} lies at "${place}"`), { file: place });
  }

  private get appliedBeforeMs(): number {
    return this.startedAtMs - this.afterCounting.afterMs;
  }

  private isOver(): boolean {
    const { now, draining } = this.dependencies;
    const isSpent = this.tried.size >= DISPOSE_FILES_PER_SCAN_MAX || now() - this.startedAtMs >= DISPOSE_STRETCH_MS_MAX;
    return isSpent || this.ending !== null || draining.aborted || Context.current().cancellationSignal.aborted;
  }

  /** Several at once. Null, or, where it was over before the last, the sequence of the last that was taken in hand. */
  private async disposeAll(files: readonly FileToDispose[]): Promise<number | null> {
    let next = 0;
    const work = async () => {
      while (next < files.length && !this.isOver()) {
        const file = files[next];
        next += 1;
        if (file !== undefined) await this.disposeOne(file);
      }
    };
    await Promise.all(Array.from({ length: DISPOSE_AT_ONCE_MAX }, work));
    if (this.ending !== null) throw this.ending;
    if (next >= files.length) return null;
    const first = files[0];
    return files[next - 1]?.sequence ?? (first === undefined ? null : first.sequence - 1);
  }

  private async disposeOne(file: FileToDispose): Promise<void> {
    const { pipeline, source } = this.runtime;
    const { action } = this.afterCounting;
    const { sink, metrics, now } = this.dependencies;
    const { fileId, version } = file;
    const { kind } = action;
    this.tried.add(fileId);
    try {
      const { outcome, place } = await source.dispose(file, action, {
        begunPlace: file.begun?.kind === kind ? file.begun.place : null,
        confirm: (where) =>
          sink.beginDisposal({ fileId, version, kind, place: where, appliedBeforeMs: this.appliedBeforeMs, nowMs: now() }),
        signal: Context.current().cancellationSignal,
      });
      await sink.recordDisposal({ fileId, version, kind, place, outcome, nowMs: now() });
      metrics.disposed(pipeline, kind, outcome);
      this.log(file, action, outcome, place);
    } catch (error) {
      metrics.disposed(pipeline, kind, 'failed');
      if (error instanceof TallylineFailure && ENDS_IT.includes(error.code)) this.ending = error;
      else this.tell(error, { file: file.sourceKey, fileId });
    }
  }

  private log(file: FileToDispose, { kind }: DisposeAction, outcome: DisposeOutcome, place: string): void {
    const fields = { pipeline: this.runtime.pipeline, file: file.sourceKey, fileId: file.fileId, action: kind, outcome, place };
    const { log } = Context.current();
    if (outcome === 'done' || outcome === 'already') log.info('a counted file was disposed of', fields);
    else log.warn('a counted file was left alone', fields);
  }
}
