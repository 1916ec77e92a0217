/** Contributions of versions: cut into parts, and read back part by part so that no file is ever held as a list of all its entries. */
import { TallylineFailure } from '../../core/failures';
import { CONTRIBUTION_PART_ENTRIES } from '../../core/limits';
import type { TotalsEntry } from '../../core/partial';
import { EntriesWriter, iterateEntries, joinEntries } from '../../core/entry-codec';
import { sha256Hex } from '../content-digest';
import type { FileVersion } from '../sink';
import type { ContributionPart, StoredContribution, StoreTransaction } from '../store';

/** Entries of one version and period, in order of their keys, as parts to be stored. One without entries has one part all the same. */
export class ContributionParts {
  readonly parts: StoredContribution[] = [];
  private writer = new EntriesWriter();

  constructor(
    private readonly file: FileVersion,
    private readonly period: string,
  ) {}

  add(entry: TotalsEntry): void {
    this.writer.add(entry);
    if (this.writer.count === CONTRIBUTION_PART_ENTRIES) this.cut();
  }

  /** All of them at once, as they are encoded. Throws RangeError where they are more than one part holds. */
  addEncoded(entries: number, encoded: Uint8Array): void {
    if (this.parts.length > 0 || this.writer.count > 0 || entries > CONTRIBUTION_PART_ENTRIES)
      throw new RangeError(`${entries} encoded entries are no part of their own`);
    this.keep(entries, joinEntries(entries, encoded));
  }

  end(): readonly StoredContribution[] {
    if (this.writer.count > 0 || this.parts.length === 0) this.cut();
    return this.parts;
  }

  private cut(): void {
    this.keep(this.writer.count, this.writer.toBytes());
    this.writer = new EntriesWriter();
  }

  private keep(entries: number, blob: Uint8Array): void {
    const { fileId, version } = this.file;
    const address = { fileId, version, period: this.period, part: this.parts.length };
    this.parts.push({ ...address, entries, digest: sha256Hex(blob), blob });
  }
}

/** The parts of these versions in order, those that are wanted, read a bounded number of entries at a time. */
export async function* readParts(
  transaction: StoreTransaction,
  files: readonly FileVersion[],
  isWanted: (part: ContributionPart) => boolean = () => true,
): AsyncGenerator<StoredContribution, void> {
  let group: ContributionPart[] = [];
  let entries = 0;
  for (const part of await transaction.contributions.parts(files)) {
    if (!isWanted(part)) continue;
    if (group.length > 0 && entries + part.entries > CONTRIBUTION_PART_ENTRIES) {
      yield* await transaction.contributions.read(group);
      group = [];
      entries = 0;
    }
    group.push(part);
    entries += part.entries;
  }
  if (group.length > 0) yield* await transaction.contributions.read(group);
}

/**
 * What the totals hold of this version, part by part. Throws contribution_pruned when it is not kept any more, and
 * invariant_violated when it is gone before its time: then nobody knows what to take out.
 */
export async function* readContribution(
  transaction: StoreTransaction,
  { fileId, version, isPruned }: FileVersion & { readonly isPruned: boolean },
): AsyncGenerator<StoredContribution, void> {
  let found = 0;
  for await (const part of readParts(transaction, [{ fileId, version }])) {
    found += 1;
    yield part;
  }
  if (found > 0) return;
  const fact = `the contribution of ${fileId} version ${version} is gone`;
  throw new TallylineFailure(isPruned ? 'contribution_pruned' : 'invariant_violated', fact);
}

/** Throws invariant_violated when it is damaged. */
export function openPart({ fileId, version, digest, blob }: StoredContribution): Iterable<TotalsEntry> {
  if (sha256Hex(blob) !== digest)
    throw new TallylineFailure('invariant_violated', `the contribution of ${fileId} version ${version} is damaged`);
  return iterateEntries(blob);
}
