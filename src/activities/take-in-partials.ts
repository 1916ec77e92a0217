/** Brings the partials that an agent laid down for one version of a file into the database, where the same rules hold for them as for any. */
import { Context } from '@temporalio/activity';
import { parsePartialName, partialName, partialsPrefix, type SplitName } from '../core/exchange-names';
import { TallylineFailure } from '../core/failures';
import { EXCHANGE_PARTIALS_MAX, EXCHANGE_READS_AT_ONCE } from '../core/limits';
import { sha256Hex } from '../kernel/digest';
import { AtMost } from './at-most';
import type { IntakeDependencies } from './dependencies';

export interface FileToTakeIn {
  readonly pipeline: string;
  readonly sourceId: string;
  readonly fileId: string;
  readonly version: number;
  readonly planDigest: string;
  readonly sourceKey: string;
}

export class PartialIntake {
  /** Of all files together: a partial of many keys has many megabytes. */
  private readonly reads = new AtMost(EXCHANGE_READS_AT_ONCE);

  constructor(private readonly dependencies: IntakeDependencies) {}

  /** What is damaged or gone is as good as not there: its split is counted again. Throws digest_conflict, with the file set aside. */
  async takeIn(file: FileToTakeIn): Promise<void> {
    const stored = new Set(await this.dependencies.sink.storedSplits(file));
    const found = await this.find(file);
    // One that was taken in may have a rival that came later, which is a conflict to be told.
    const isRivalled = (split: SplitName) => found.filter(({ splitIndex }) => splitIndex === split.splitIndex).length > 1;
    const wanted = found.filter((split) => !stored.has(split.splitIndex) || isRivalled(split));
    await Promise.all(wanted.map((split) => this.reads.run(() => this.takeInOne(file, split))));
  }

  private async find(file: FileToTakeIn): Promise<readonly SplitName[]> {
    const found: SplitName[] = [];
    let after: string | null = '';
    while (after !== null && found.length < EXCHANGE_PARTIALS_MAX) {
      const page = await this.dependencies.exchange.list(partialsPrefix(file.sourceId, file), after);
      found.push(...page.found.flatMap(({ name }) => parsePartialName(name) ?? []));
      after = page.nextAfter;
    }
    return found;
  }

  private async takeInOne(file: FileToTakeIn, split: SplitName): Promise<void> {
    const { exchange, metrics } = this.dependencies;
    const name = partialName(file.sourceId, split);
    const blob = await exchange.read(name);
    if (blob === null) return;
    if (sha256Hex(blob) !== split.digest) return await this.discard(file, name, 'it is not what its name says');
    const stored = await this.store(split, blob);
    if (stored === 'unreadable') return await this.discard(file, name, 'it is no partial that this version can read');
    if (stored !== 'conflict') return;
    metrics.failed('digest_conflict', file.pipeline);
    throw new TallylineFailure('digest_conflict', `split ${split.splitIndex} of ${file.sourceKey} was counted with two results`);
  }

  private async store(split: SplitName, blob: Uint8Array) {
    const { sink, now } = this.dependencies;
    try {
      return await sink.putPartial({ ...split, blob, nowMs: now() });
    } catch (error) {
      if (error instanceof TallylineFailure && error.code === 'checkpoint_unusable') return 'unreadable';
      throw error;
    }
  }

  /** Counted again, it lies there again. */
  private async discard({ pipeline, sourceId, sourceKey }: FileToTakeIn, name: string, why: string): Promise<void> {
    const fields = { pipeline, sourceId, file: sourceKey, name, why };
    Context.current().log.warn('a partial of an agent is of no use, and its split is counted again', fields);
    this.dependencies.metrics.failed('checkpoint_unusable', pipeline);
    await this.dependencies.exchange.remove(name);
  }
}
