import type { CountSplitResult } from '../contracts/activity-types';
import type { QuarantineReason, TallylineFailure } from '../core/failures';
import type { PutBlobResult, Sink } from '../sinks/sink';
import type { ActivityDependencies } from './dependencies';
import { hasOtherPlan, replacePlan } from './replace-plan';
import { setAside } from './set-aside';
import type { SplitBooks, SplitToCount } from './split-books';

/** In the database. */
export class SinkBooks implements SplitBooks {
  constructor(
    private readonly dependencies: ActivityDependencies,
    private readonly target: SplitToCount,
  ) {}

  putPartial(partial: Parameters<Sink['putPartial']>[0]): Promise<PutBlobResult> {
    return this.dependencies.sink.putPartial(partial);
  }

  putCheckpoint(checkpoint: Parameters<Sink['putCheckpoint']>[0]): Promise<PutBlobResult> {
    return this.dependencies.sink.putCheckpoint(checkpoint);
  }

  readCheckpoint(address: Parameters<Sink['readCheckpoint']>[0]): Promise<Uint8Array | null> {
    return this.dependencies.sink.readCheckpoint(address);
  }

  async isReplaced(): Promise<boolean> {
    const { file, planDigest } = this.target;
    return hasOtherPlan(await this.dependencies.sink.readFile(file.fileId), { version: file.version, planDigest });
  }

  replacePlan(fact: string): Promise<CountSplitResult> {
    const { runtime: settings, ...split } = this.target;
    return replacePlan(this.dependencies, { settings, ...split }, fact);
  }

  setAside(reason: QuarantineReason, detail: string): Promise<TallylineFailure> {
    const { runtime, file } = this.target;
    return setAside(this.dependencies, { pipeline: runtime.pipeline, ...file }, { reason, detail });
  }
}
