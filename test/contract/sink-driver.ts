/** Takes files through a sink as the activities do, in as few words as a test needs. */
import { fileIdentity } from '../../src/core/ids';
import type { PlanAllowances } from '../../src/core/plan-choice';
import { DEFAULT_POLICIES, type Policies } from '../../src/core/policies';
import type { ApplyResult, FileRow, MarkCountedResult, Sink } from '../../src/sinks/sink';
import type { SeenFile } from '../../src/sinks/sink-scan';
import type { PlanSummary } from '../../src/sinks/sink-plans';
import { sha256, type CountedContent } from '../helpers/counted-content';

export const PIPELINE = 'bills';
export const SOURCE = 'spool';
export const MEANING = {
  pipeline: PIPELINE,
  meaning: '{"keyFields":[1],"periodRule":{"kind":"admission","unit":"month"}}',
  scale: 0,
  unit: '',
};

export interface TestFile {
  readonly fileId: string;
  readonly sourceKey: string;
  readonly generation: string;
  readonly content: CountedContent;
}

export function testFile(sourceKey: string, content: CountedContent, generation = 'g1', pipeline = PIPELINE): TestFile {
  const fileId = sha256(fileIdentity({ pipeline, sourceId: SOURCE, sourceKey, generation })).slice(0, 32);
  return { fileId, sourceKey, generation, content };
}

export class SinkDriver {
  nowMs = 1_000_000;

  constructor(
    public sink: Sink,
    public policies: Policies = DEFAULT_POLICIES,
    readonly pipeline = PIPELINE,
  ) {}

  seen({ fileId, sourceKey, generation, content }: TestFile): SeenFile {
    return { fileId, sourceKey, generation, sizeBytes: content.sizeBytes, modifiedAtMs: 0, isMarkedDone: false };
  }

  async register(...files: readonly TestFile[]) {
    const seen = files.map((file) => this.seen(file));
    return await this.sink.registerPage({
      pipeline: this.pipeline,
      sourceId: SOURCE,
      files: seen,
      nowMs: this.nowMs,
      quietPeriodMs: 1000,
      requireMarkedDone: false,
    });
  }

  async row({ fileId }: TestFile): Promise<FileRow> {
    const row = await this.sink.readFile(fileId);
    if (row === null) throw new Error(`no row of ${fileId}`);
    return row;
  }

  async admit(file: TestFile, version?: number) {
    const { plan, planDigest } = file.content;
    const target = { fileId: file.fileId, version: version ?? (await this.row(file)).version };
    return await this.sink.admit({ ...target, plan, planDigest, meaning: MEANING, policies: this.policies, nowMs: this.nowMs });
  }

  /** Its plan in place of the one with the digest `replaces`. */
  async replan(file: TestFile, replaces: string, version?: number) {
    const { plan, planDigest } = file.content;
    const target = { fileId: file.fileId, version: version ?? (await this.row(file)).version };
    const { policies, nowMs } = this;
    return await this.sink.admit({ ...target, plan, planDigest, replaces, meaning: MEANING, policies, nowMs });
  }

  async putPartials(file: TestFile, options: { version?: number; only?: number } = {}): Promise<void> {
    const version = options.version ?? (await this.row(file)).version;
    for (const partial of file.content.partials) {
      if (options.only !== undefined && partial.splitIndex !== options.only) continue;
      await this.sink.putPartial({ fileId: file.fileId, version, planDigest: file.content.planDigest, ...partial, nowMs: this.nowMs });
    }
  }

  async markCounted(file: TestFile, version?: number): Promise<MarkCountedResult> {
    const target = { fileId: file.fileId, version: version ?? (await this.row(file)).version };
    return await this.sink.markCounted({ ...target, planDigest: file.content.planDigest, policies: this.policies, nowMs: this.nowMs });
  }

  async count(file: TestFile): Promise<MarkCountedResult> {
    await this.admit(file);
    await this.putPartials(file);
    return await this.markCounted(file);
  }

  async apply(): Promise<ApplyResult> {
    return await this.sink.apply({ pipeline: this.pipeline, policies: this.policies, nowMs: this.nowMs });
  }

  /** From first sight to the totals, or to wherever it ends. */
  async take(...files: readonly TestFile[]): Promise<FileRow[]> {
    await this.register(...files);
    for (const file of files) await this.count(file);
    // A file that would make a total leave 64 bits ends its batch.
    while ((await this.apply()).remaining > 0);
    return await Promise.all(files.map((file) => this.row(file)));
  }

  by(reason = 'a test') {
    return { by: 'tester', reason, nowMs: this.nowMs };
  }

  /** Each names the version that the row has now. */
  async retract(fileId: string, reason?: string) {
    return await this.sink.retract({ ...(await this.version(fileId)), ...this.by(reason) });
  }

  async recount(fileId: string, reason?: string) {
    return await this.sink.recount({ ...(await this.version(fileId)), ...this.by(reason) });
  }

  async release(fileId: string, reason?: string) {
    return await this.sink.release({ ...(await this.version(fileId)), ...this.by(reason) });
  }

  /** Counts these files under a plan, as its workflows do, and seals it. */
  async plan(planId: string, files: readonly TestFile[], allowances: PlanAllowances = {}): Promise<PlanSummary> {
    const { nowMs, policies, pipeline } = this;
    const expiresMs = nowMs + 1_000_000;
    const { shadow } = await this.sink.createPlan({ planId, pipeline, description: 'a test', allowances, policies, nowMs, expiresMs });
    const counting = new SinkDriver(this.sink, policies, shadow);
    const copies = files.map(({ sourceKey, content, generation }) => testFile(sourceKey, content, generation, shadow));
    await counting.register(...copies);
    for (const copy of copies) if ((await this.sink.readFile(copy.fileId)) !== null) await counting.count(copy);
    while ((await counting.apply()).remaining > 0);
    return await this.sink.sealPlan({ planId });
  }

  async applyPlan(planId: string, reason?: string) {
    return await this.sink.applyPlan({ planId, ...this.by(reason) });
  }

  private async version(fileId: string) {
    return { fileId, version: (await this.sink.readFile(fileId))?.version ?? 1 };
  }

  async totals(asOf?: number): Promise<Record<string, string>> {
    const { rows } = await this.sink.readTotals({ pipeline: this.pipeline, limit: 100_000, ...(asOf !== undefined && { asOf }) });
    return Object.fromEntries(
      rows.map(({ period, key, adjusts, sum, count }) => [
        `${period}${adjusts && `(${adjusts})`}${Buffer.from(key).toString()}`,
        `${sum}/${count}`,
      ]),
    );
  }

  async ledger(): Promise<string[]> {
    const entries = await this.sink.readLedger({ pipeline: this.pipeline, afterNumber: 0, limit: 100_000 });
    return entries.map(({ number, kind, version }) => `${number} ${kind}${version === null ? '' : ` v${version}`}`);
  }
}
