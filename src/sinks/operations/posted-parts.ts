/** What ledger entries put into the totals and took out of them, part by part, in bounded memory. */
import { POSTINGS_PER_PAGE } from '../../core/limits';
import type { ContributionPart, Posting, StoredContribution, StoreTransaction } from '../store';
import { readParts } from './contribution-store';

export interface PostedPart {
  readonly part: StoredContribution;
  readonly period: string;
  readonly adjusts: string;
  /** What its entries are multiplied with: postings that cancel each other are left out. */
  readonly factor: number;
}

interface Net {
  readonly posting: Posting;
  readonly factor: number;
}

/** Postings of entries after `afterNumber` up to `untilNumber`. `onMissing` is told of a contribution that is not there. */
export async function* postedParts(
  transaction: StoreTransaction,
  pipeline: string,
  { afterNumber, untilNumber = Infinity }: { readonly afterNumber: number; readonly untilNumber?: number },
  onMissing: (posting: Posting) => void,
): AsyncGenerator<PostedPart, void> {
  for await (const page of postingPages(transaction, pipeline, afterNumber, untilNumber)) {
    const nets = netOf(page);
    const missing = new Map(nets.map((net) => [contributionId(net.posting, net.posting.ofPeriod), net.posting]));
    const wanted = new Set(missing.keys());
    const isWanted = (part: ContributionPart): boolean => wanted.has(contributionId(part, part.period));
    for await (const part of readParts(transaction, versionsOf(nets.map(({ posting }) => posting)), isWanted)) {
      missing.delete(contributionId(part, part.period));
      for (const { posting, factor } of nets) {
        if (posting.fileId !== part.fileId || posting.version !== part.version || posting.ofPeriod !== part.period) continue;
        yield { part, factor, period: posting.period, adjusts: posting.period === posting.ofPeriod ? '' : posting.ofPeriod };
      }
    }
    for (const posting of missing.values()) onMissing(posting);
  }
}

export async function* postingPages(
  transaction: StoreTransaction,
  pipeline: string,
  afterNumber: number,
  untilNumber = Infinity,
): AsyncGenerator<readonly Posting[], void> {
  // Before every posting of the next number.
  let after: Posting = { number: afterNumber + 1, fileId: '', version: 0, ofPeriod: '', period: '', sign: -1 };
  for (;;) {
    const page = await transaction.postings.page(pipeline, after, POSTINGS_PER_PAGE);
    const wanted = page.filter(({ number }) => number <= untilNumber);
    if (wanted.length > 0) yield wanted;
    const last = page[page.length - 1];
    if (last === undefined || page.length < POSTINGS_PER_PAGE || last.number > untilNumber) return;
    after = last;
  }
}

export function versionsOf(postings: readonly Posting[]): { readonly fileId: string; readonly version: number }[] {
  const versions = postings.map(({ fileId, version }) => [`${fileId}:${version}`, { fileId, version }] as const);
  return [...new Map(versions).values()];
}

function netOf(page: readonly Posting[]): Net[] {
  const nets = new Map<string, Net>();
  for (const posting of page) {
    const id = JSON.stringify([posting.fileId, posting.version, posting.ofPeriod, posting.period]);
    nets.set(id, { posting, factor: (nets.get(id)?.factor ?? 0) + posting.sign });
  }
  return [...nets.values()].filter(({ factor }) => factor !== 0);
}

function contributionId({ fileId, version }: { readonly fileId: string; readonly version: number }, period: string): string {
  return JSON.stringify([fileId, version, period]);
}
