/** What lies beside an object: a done marker, a manifest. It comes after the object in any listing, so most are on the same page. */
import { compareBytes } from '../core/byte-order';
import type { Bucket, FoundObject, ObjectPage } from '../buckets/bucket';
import type { ObjectFilter } from './object-filter';

export class ObjectsBeside {
  private readonly onPage: ReadonlyMap<string, FoundObject>;
  private requests = 0;

  /** `page`: null where nothing was listed. */
  constructor(
    private readonly bucket: Bucket,
    private readonly filter: Pick<ObjectFilter, 'doneMarker' | 'manifestSuffix' | 'isBeside'>,
    private readonly page: ObjectPage | null,
  ) {
    this.onPage = new Map((page?.objects ?? []).filter(({ key }) => filter.isBeside(key)).map((object) => [object.key, object]));
  }

  marker(key: string): Promise<FoundObject | null> {
    return this.find(key, this.filter.doneMarker);
  }

  manifest(key: string): Promise<FoundObject | null> {
    return this.find(key, this.filter.manifestSuffix);
  }

  /** Those since the last question. */
  takeRequests(): number {
    const { requests } = this;
    this.requests = 0;
    return requests;
  }

  private async find(key: string, suffix: string | undefined): Promise<FoundObject | null> {
    if (suffix === undefined) return null;
    const beside = key + suffix;
    const found = this.onPage.get(beside);
    if (found !== undefined) return found;
    if (this.page !== null && this.isPassed(this.page, beside)) return null;
    this.requests++;
    return await this.bucket.head(beside);
  }

  /** The page would have shown it. */
  private isPassed({ nextAfter }: ObjectPage, key: string): boolean {
    return nextAfter === null || compareBytes(Buffer.from(key), Buffer.from(nextAfter)) <= 0;
  }
}
