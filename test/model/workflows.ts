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
}

const GOES_ON = ['admit counting', 'putPartial stored', 'putPartial already', 'markCounted incomplete'];

export class Workflows {
  running: Run[] = [];
  zombies: Run[] = [];

  constructor(
    private readonly random: Random,
    private readonly files: KnownFiles,
  ) {}

  /** As a scan does: one running workflow a version. */
  start(files: readonly Pick<Run, 'fileId' | 'version'>[]): void {
    for (const { fileId, version } of files) {
      const isRunning = this.running.some((run) => run.fileId === fileId && run.version === version);
      if (!isRunning) this.running.push({ fileId, version, plan: null });
    }
  }

  startTwice(): void {
    if (this.running.length > 0) this.running.push({ ...pick(this.random, this.running), plan: null });
  }

  /** Temporal forgets them, but their workers go on for a while. */
  lose(): void {
    this.zombies.push(...this.running);
    this.running = [];
  }

  async next({ fileId, version, plan }: Run, sink: Sink): Promise<Operation> {
    const target = { fileId, version };
    if (plan === null) return { kind: 'admit', ...target, plan: pick(this.random, this.files.contentOf(target).plans) };
    const { planDigest } = plan;
    const stored = await sink.storedSplits({ ...target, planDigest });
    const missing = plan.partials.find(({ splitIndex }) => !stored.includes(splitIndex));
    const partial = missing ?? (this.random() < 0.2 ? plan.partials[0] : undefined);
    return partial ? { kind: 'putPartial', ...target, planDigest, partial } : { kind: 'markCounted', ...target, planDigest };
  }

  /** After a fault (null) it tries again. */
  follow(run: Run, operation: Operation, answer: Answer | null): void {
    if (answer === null) return;
    if (answer.planDigest !== undefined) {
      run.plan = this.files.contentOf(run).plans.find(({ planDigest }) => planDigest === answer.planDigest) ?? null;
    }
    if (GOES_ON.includes(`${operation.kind} ${answer.outcome}`)) return;
    this.running = this.running.filter((other) => other !== run);
    this.zombies = this.zombies.filter((other) => other !== run);
  }
}
