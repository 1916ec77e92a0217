/** Pages of a listing, as agents lay them down in the exchange and the intake reads them. */
import { TallylineFailure } from '../core/failures';
import { listingName } from '../core/exchange-names';
import { sha256Hex } from '../kernel/digest';
import type { ListedFile } from '../sources/source';
import type { Exchange } from './dependencies';

export interface ListedBy {
  readonly pipeline: string;
  readonly sourceId: string;
}

/** Answers with the name of the page: when it was looked at, and its digest. */
export async function putListingPage(exchange: Exchange, by: ListedBy, lookedAtMs: number, files: readonly ListedFile[]): Promise<string> {
  const content = Buffer.from(JSON.stringify(files));
  const page = `${String(lookedAtMs)}-${sha256Hex(content)}`;
  await exchange.put(listingName(by, page), content);
  return page;
}

/** Throws exchange_lost when it is not there, or is not what was laid down. */
export async function readListingPage(exchange: Exchange, by: ListedBy, page: string): Promise<readonly ListedFile[]> {
  const content = await exchange.read(listingName(by, page));
  if (content === null || !page.endsWith(`-${sha256Hex(content)}`))
    throw new TallylineFailure('exchange_lost', `the exchange has no page ${page} of a listing of ${by.sourceId}`);
  return JSON.parse(Buffer.from(content).toString('utf8')) as readonly ListedFile[];
}
