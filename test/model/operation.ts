/** What the model asks of a sink, as data: carried out, judged and told by others. */
import type { QuarantineReason } from '../../src/core/failures';
import type { Policies } from '../../src/core/policies';
import type { Store } from '../../src/sinks/store';
import { MEANING, PIPELINE, SOURCE, type SinkDriver } from '../contract/sink-driver';
import type { CountedContent } from '../helpers/counted-content';
import type { KnownFiles } from './known-files';

interface Target {
  readonly fileId: string;
  readonly version: number;
}

export type Operation =
  | { readonly kind: 'scan' | 'apply' | 'stop' | 'resume' }
  | { readonly kind: 'retract' | 'recount' | 'release'; readonly fileId: string; readonly version: number }
  | (Target & { readonly kind: 'admit'; readonly plan: CountedContent })
  | (Target & {
      readonly kind: 'putPartial';
      readonly planDigest: string;
      readonly partial: CountedContent['partials'][number];
    })
  | (Target & { readonly kind: 'markCounted'; readonly planDigest: string })
  | (Target & { readonly kind: 'quarantine'; readonly reason: QuarantineReason })
  | (Target & { readonly kind: 'damage'; readonly isGone: boolean });

export interface Answer {
  readonly outcome: string;
  /** Of an admitted file: the plan that the sink gave. */
  readonly planDigest?: string;
  /** Of a scan: what it would start. */
  readonly toStart?: readonly Target[];
}

export interface Subject {
  readonly driver: SinkDriver;
  readonly store: Store;
  readonly policies: Policies;
  readonly files: KnownFiles;
}

export async function carryOut(operation: Operation, subject: Subject): Promise<Answer> {
  const { driver, policies } = subject;
  const { sink, nowMs } = driver;
  switch (operation.kind) {
    case 'scan':
      return await scan(subject);
    case 'apply':
      await driver.apply();
      return { outcome: 'applied' };
    case 'stop':
    case 'resume':
      await sink[operation.kind]({ pipeline: PIPELINE, ...driver.by() });
      return { outcome: 'done' };
    case 'retract':
    case 'recount':
    case 'release':
      return await sink[operation.kind]({ fileId: operation.fileId, version: operation.version, ...driver.by() });
    case 'admit': {
      const { plan, planDigest } = operation.plan;
      const { fileId, version } = operation;
      const admitted = await sink.admit({ fileId, version, plan, planDigest, meaning: MEANING, policies, nowMs });
      return admitted.outcome === 'counting' ? admitted : { outcome: admitted.outcome };
    }
    case 'putPartial': {
      const { fileId, version, planDigest, partial } = operation;
      return { outcome: await sink.putPartial({ fileId, version, planDigest, ...partial, nowMs }) };
    }
    case 'markCounted':
      return await sink.markCounted({ ...operation, policies, nowMs });
    case 'quarantine': {
      const status = await sink.quarantine({ ...operation, detail: 'a test', nowMs });
      return { outcome: status?.state ?? 'unknown' };
    }
    case 'damage':
      return { outcome: await damage(operation, subject.store) };
  }
}

async function scan({ driver, files }: Subject): Promise<Answer> {
  await driver.register(...files.list());
  const ask = { pipeline: PIPELINE, sourceId: SOURCE, afterSequence: 0, windowFiles: 100, limitFiles: 100 };
  const counting = await driver.sink.filesToStart({ ...ask, state: 'counting' });
  const waiting = await driver.sink.filesToStart({ ...ask, state: 'seen' });
  return { outcome: 'scanned', toStart: [...counting.files, ...waiting.files] };
}

/** A partial vanishes from the database, or its bytes change there. */
async function damage({ isGone, ...target }: Operation & { readonly kind: 'damage' }, store: Store): Promise<string> {
  return await store.transaction(async (transaction) => {
    const [partial] = await transaction.blobs.partials([target]);
    if (partial === undefined) return 'nothing to damage';
    await transaction.blobs.removePartials(target, [partial.splitIndex]);
    if (!isGone) await transaction.blobs.insertPartial({ ...partial, blob: Uint8Array.of(1), entries: 1 });
    return 'damaged';
  });
}

/** `name` makes a fileId readable. */
export function tell(operation: Operation, name: (fileId: string) => string): string {
  if (!('fileId' in operation)) return operation.kind;
  const version = 'version' in operation ? ` v${operation.version}` : '';
  const detail = operation.kind === 'quarantine' ? ` as ${operation.reason}` : '';
  const split = operation.kind === 'putPartial' ? ` split ${operation.partial.splitIndex}` : '';
  return `${operation.kind} ${name(operation.fileId)}${version}${split}${detail}`;
}
