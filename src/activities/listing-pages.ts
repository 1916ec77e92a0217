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

/** Answers with its digest. */
export async function putListingPage(exchange: Exchange, by: ListedBy, files: readonly ListedFile[]): Promise<string> {
  const content = Buffer.from(JSON.stringify(files));
  const digest = sha256Hex(content);
  await exchange.put(listingName(by, digest), content);
  return digest;
}

/** Throws listing_missing when it is not there, or is not what was laid down. */
export async function readListingPage(exchange: Exchange, by: ListedBy, digest: string): Promise<readonly ListedFile[]> {
  const content = await exchange.read(listingName(by, digest));
  if (content === null || sha256Hex(content) !== digest)
    throw new TallylineFailure('listing_missing', `the exchange has no page ${digest} of a listing of ${by.sourceId}`);
  return JSON.parse(Buffer.from(content).toString('utf8')) as readonly ListedFile[];
}
