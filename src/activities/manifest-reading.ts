/** Reads the manifests of one page before its files are registered, so that each is counted by what its manifest says. */
import { Context } from '@temporalio/activity';
import { TallylineFailure, type FailureCode } from '../core/failures';
import { isMeant, type LateFile } from '../core/late-manifest';
import { EXPECTED_NAMED_MAX, LATE_FILES_PER_JUDGEMENT } from '../core/limits';
import { parseBatchManifest, parseFileManifest, type ManifestFile } from '../core/manifest';
import { configuredPipeline } from '../core/plan-name';
import type { LateMismatch, PutManifestResult } from '../sinks/sink-expected';
import type { ListedFile, ListedManifest, ListedPage } from '../sources/source';
import type { ActivityDependencies, PipelineRuntime } from './dependencies';
import { readManifestText } from './manifest-text';

export type PageToRegister = Pick<ListedPage, 'files' | 'batchManifests'>;

interface Manifest {
  readonly listed: ListedManifest;
  /** The file that it lies beside; null: it lists files. */
  readonly file: ListedFile | null;
}

/** It is being written, or was replaced: the next scan finds it as it is then. */
const READ_LATER: readonly FailureCode[] = ['changed', 'vanished'];
/** What makes a manifest useless until somebody mends it. */
const FAULTS: readonly FailureCode[] = ['manifest_malformed', 'unreadable'];

export class ManifestReading {
  private readonly faults: string[] = [];
  /** Also while a plan is counted: what a manifest says holds for the pipeline. */
  private readonly pipeline: string;

  constructor(
    private readonly dependencies: ActivityDependencies,
    private readonly runtime: PipelineRuntime,
  ) {
    this.pipeline = configuredPipeline(runtime.pipeline);
  }

  /** Throws source_unavailable. What is wrong with one manifest is told and holds its files, and the others go on. */
  async read({ files, batchManifests }: PageToRegister): Promise<void> {
    const manifests: Manifest[] = [
      ...batchManifests.map((listed) => ({ listed, file: null })),
      ...files.flatMap((file) => (file.manifest ? [{ listed: file.manifest, file }] : [])),
    ];
    if (manifests.length === 0) return;
    const manifestKeys = manifests.map(({ listed }) => listed.sourceKey);
    const known = new Map(
      (await this.dependencies.sink.readManifests({ ...this.source(), manifestKeys })).map((row) => [row.manifestKey, row]),
    );
    for (const manifest of manifests) {
      const { sourceKey, generation } = manifest.listed;
      const row = known.get(sourceKey);
      if (row?.generation !== generation || row.state !== 'judged') await this.readOne(manifest);
    }
    this.tellFaults();
  }

  private async readOne(manifest: Manifest): Promise<void> {
    try {
      await this.keep(manifest, this.parse(manifest, await readManifestText(this.runtime.source, manifest.listed)));
    } catch (error) {
      if (!(error instanceof TallylineFailure)) throw error;
      if (READ_LATER.includes(error.code) || (error.code === 'manifest_malformed' && this.isYoung(manifest.listed))) return;
      if (!FAULTS.includes(error.code)) throw error;
      await this.keepFault(manifest, error.fact);
    }
  }

  private parse({ listed, file }: Manifest, text: string): readonly ManifestFile[] {
    const { sourceKey } = listed;
    return file === null ? parseBatchManifest(text, sourceKey) : [parseFileManifest(text, sourceKey, file.sourceKey)];
  }

  /** Half a manifest is no fault of its writer while it may still be written. */
  private isYoung({ modifiedAtMs }: ListedManifest): boolean {
    const ageMs = this.dependencies.now() - modifiedAtMs;
    return ageMs >= 0 && ageMs < this.runtime.quietPeriodMs;
  }

  private async keep(manifest: Manifest, files: readonly ManifestFile[]): Promise<void> {
    const { sink, metrics, now } = this.dependencies;
    const { expect } = this.runtime;
    const nowMs = now();
    const address = this.address(manifest);
    const { quarantined, late } = await sink.putManifest({ ...address, files, dueMs: nowMs + expect.withinMs, nowMs });
    if (quarantined > 0) metrics.filesQuarantined(this.pipeline, 'control_mismatch', quarantined);
    if (late.length === 0) return;
    const fileIds = await this.chooseLate(manifest, late);
    const mismatches: LateMismatch[] = [];
    for (let start = 0; start === 0 || start < fileIds.length; start += LATE_FILES_PER_JUDGEMENT) {
      const isLast = start + LATE_FILES_PER_JUDGEMENT >= fileIds.length;
      const chunk = fileIds.slice(start, start + LATE_FILES_PER_JUDGEMENT);
      mismatches.push(...(await sink.judgeManifest({ ...address, fileIds: chunk, isLast, nowMs })));
    }
    this.tellMismatches(address.manifestKey, mismatches);
  }

  private async keepFault(manifest: Manifest, fault: string): Promise<void> {
    await this.dependencies.sink.putMalformedManifest({ ...this.address(manifest), fault, nowMs: this.dependencies.now() });
    this.faults.push(fault);
  }

  /** fileIds of what is in the totals and is meant by this manifest. */
  private async chooseLate({ file }: Manifest, late: PutManifestResult['late']): Promise<readonly string[]> {
    const chosen: string[] = [];
    for (const { sourceKey, files } of late) {
      const shown = file === null ? await this.lookAt(sourceKey) : file.generation;
      chosen.push(...files.filter((candidate: LateFile) => isMeant(candidate, shown)).map(({ fileId }) => fileId));
    }
    return chosen;
  }

  /** The generation that the source shows now, or null; '' (no generation) for a file that does not answer. */
  private async lookAt(sourceKey: string): Promise<string | null> {
    try {
      return (await this.runtime.source.look(sourceKey))?.generation ?? null;
    } catch (error) {
      if (error instanceof TallylineFailure && error.code === 'unreadable') return '';
      throw error;
    }
  }

  private tellFaults(): void {
    if (this.faults.length === 0) return;
    const named = this.faults.slice(0, EXPECTED_NAMED_MAX);
    const fields = { ...this.source(), code: 'manifest_malformed', manifests: this.faults.length, named };
    Context.current().log.warn('manifests cannot be read, and hold up their files', fields);
    this.dependencies.metrics.failed('manifest_malformed', this.pipeline);
  }

  private tellMismatches(manifestKey: string, mismatches: readonly LateMismatch[]): void {
    if (mismatches.length === 0) return;
    const named = mismatches.slice(0, EXPECTED_NAMED_MAX).map(({ sourceKey, detail }) => `${sourceKey}: ${detail}`);
    const fields = { ...this.source(), code: 'control_mismatch', manifestKey, files: mismatches.length, named };
    Context.current().log.warn('files in the totals are not what a manifest says that came later', fields);
    this.dependencies.metrics.lateMismatches(this.pipeline, mismatches.length);
  }

  private source(): { pipeline: string; sourceId: string } {
    return { pipeline: this.pipeline, sourceId: this.runtime.source.sourceId };
  }

  private address({ listed: { sourceKey, generation }, file }: Manifest) {
    return { ...this.source(), manifestKey: sourceKey, generation, isBatch: file === null };
  }
}
