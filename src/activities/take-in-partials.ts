/** Brings the partials that an agent laid down for one version of a file into the database, where the same rules hold for them as for any. */
import { parsePartialName, partialName, partialsPrefix, type SplitName } from '../core/exchange-names';
import { TallylineFailure } from '../core/failures';
import { EXCHANGE_PARTIALS_MAX, EXCHANGE_READS_AT_ONCE } from '../core/limits';
import { sha256Hex } from '../kernel/digest';
import type { Exchange, IntakeDependencies } from './dependencies';

interface FileToTakeIn {
  readonly pipeline: string;
  readonly fileId: string;
  readonly version: number;
  readonly planDigest: string;
  readonly sourceKey: string;
}

/** What is damaged or gone is as good as not there: its split is counted again. Throws digest_conflict, with the file set aside. */
export async function takeInPartials(dependencies: IntakeDependencies, file: FileToTakeIn): Promise<void> {
  const { sink, exchange } = dependencies;
  const stored = new Set(await sink.storedSplits(file));
  const found = await findPartials(exchange, file);
  // One that was taken in may have a rival that came later, which is a conflict to be told.
  const isRivalled = (split: SplitName) => found.filter(({ splitIndex }) => splitIndex === split.splitIndex).length > 1;
  const wanted = found.filter((split) => !stored.has(split.splitIndex) || isRivalled(split));
  for (let start = 0; start < wanted.length; start += EXCHANGE_READS_AT_ONCE) {
    await Promise.all(wanted.slice(start, start + EXCHANGE_READS_AT_ONCE).map((split) => takeIn(dependencies, file, split)));
  }
}

async function findPartials(exchange: Exchange, file: FileToTakeIn): Promise<readonly SplitName[]> {
  const found: SplitName[] = [];
  let after: string | null = '';
  while (after !== null && found.length < EXCHANGE_PARTIALS_MAX) {
    const page = await exchange.list(partialsPrefix(file), after);
    found.push(...page.found.flatMap(({ name }) => parsePartialName(name) ?? []));
    after = page.nextAfter;
  }
  return found;
}

async function takeIn({ sink, exchange, metrics, now }: IntakeDependencies, file: FileToTakeIn, split: SplitName): Promise<void> {
  const blob = await exchange.read(partialName(split));
  if (blob === null || sha256Hex(blob) !== split.digest) return;
  const stored = await sink.putPartial({ ...split, blob, nowMs: now() });
  if (stored !== 'conflict') return;
  metrics.failed('digest_conflict', file.pipeline);
  throw new TallylineFailure('digest_conflict', `split ${split.splitIndex} of ${file.sourceKey} was counted with two results`);
}
