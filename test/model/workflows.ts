/** File workflows and their zombies: which step each takes next, as the activities do. */
import type { Sink } from '../../src/sinks/sink';
import type { CountedContent } from '../helpers/counted-content';
import type { KnownFiles } from './known-files';
import type { Answer, Operation } from './operation';
import { pick, type Random } from './random-choice';

export interface Run {
  readonly fileId: string;
  readonly version: number;
  /** Null until it is admitted. */
  plan: CountedContent | null;
  /** It only waits until its file is applied. */
  isHandedOver: boolean;
}

const GOES_ON = ['admit counting', 'putPartial stored', 'putPartial already', 'markCounted incomplete'];

export class Workflows {
  running: Run[] = [];
  zombies: Run[] = [];

  constructor(
    private readonly random: Random,
    private readonly files: KnownFiles,
  ) {}

  /** Those that do not wait. */
  get busy(): readonly Run[] {
    return this.running.filter(({ isHandedOver }) => !isHandedOver);
  }

  get waiting(): readonly Run[] {
    return this.running.filter(({ isHandedOver }) => isHandedOver);
  }

  /** As a scan does: one running workflow a version. */
  start(files: readonly Pick<Run, 'fileId' | 'version'>[]): void {
    for (const { fileId, version } of files) {
      const isRunning = this.running.some((run) => run.fileId === fileId && run.version === version);
      if (!isRunning) this.running.push({ fileId, version, plan: null, isHandedOver: false });
    }
  }

  startTwice(): void {
    if (this.running.length > 0) this.running.push({ ...pick(this.random, this.running), plan: null, isHandedOver: false });
  }

  /** Temporal forgets them, but their workers go on for a while. */
  lose(): void {
    this.zombies.push(...this.running);
    this.running = [];
  }

  async next({ fileId, version, plan, isHandedOver }: Run, sink: Sink): Promise<Operation> {
    const target = { fileId, version };
    if (plan === null) return { kind: 'admit', ...target, plan: pick(this.random, this.files.contentOf(target).plans) };
    const { planDigest } = plan;
    if (isHandedOver) return { kind: 'markCounted', ...target, planDigest };
    const stored = await sink.storedSplits({ ...target, planDigest });
    const missing = plan.partials.find(({ splitIndex }) => !stored.includes(splitIndex));
    const partial = missing ?? (this.random() < 0.2 ? plan.partials[0] : undefined);
    return partial ? { kind: 'putPartial', ...target, planDigest, partial } : { kind: 'markCounted', ...target, planDigest };
  }

  /** After a fault (null) it tries again. A file that is counted may need to be counted again until it is applied. */
  follow(run: Run, operation: Operation, { answer, isCounted }: { answer: Answer | null; isCounted: boolean }): void {
    if (answer === null) return;
    run.isHandedOver = isCounted && operation.kind === 'markCounted' && answer.outcome !== 'fenced';
    if (run.isHandedOver) return;
    if (answer.planDigest !== undefined) {
      run.plan = this.files.contentOf(run).plans.find(({ planDigest }) => planDigest === answer.planDigest) ?? null;
    }
    if (GOES_ON.includes(`${operation.kind} ${answer.outcome}`)) return;
    this.running = this.running.filter((other) => other !== run);
    this.zombies = this.zombies.filter((other) => other !== run);
  }
}
