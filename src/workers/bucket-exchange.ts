/** The exchange of agents and the intake: a bucket that both sides reach. */
import type { Exchange, ExchangePage } from '../activities/dependencies';
import { BucketFailure, type Bucket } from '../buckets/bucket';
import { readKey } from '../buckets/read-object';
import { S3Bucket } from '../buckets/s3-bucket';
import type { BucketOptions } from '../buckets/bucket-options';
import { TallylineFailure } from '../core/failures';

export interface ExchangeOptions extends BucketOptions {
  /** All of it lies below. */
  readonly prefix: string;
}

export function openExchange(options: ExchangeOptions): BucketExchange {
  return new BucketExchange(new S3Bucket(options), options.prefix);
}

export class BucketExchange implements Exchange {
  constructor(
    private readonly bucket: Bucket,
    private readonly prefix: string,
  ) {}

  async put(name: string, content: Uint8Array): Promise<void> {
    await this.asked(this.bucket.put(this.prefix + name, content));
  }

  async read(name: string): Promise<Uint8Array | null> {
    return await this.asked(readKey(this.bucket, this.prefix + name));
  }

  async list(prefix: string, after: string): Promise<ExchangePage> {
    const from = after === '' ? '' : this.prefix + after;
    const { objects, nextAfter } = await this.asked(this.bucket.list({ prefix: this.prefix + prefix, after: from, versions: false }));
    const nameOf = (key: string): string => key.slice(this.prefix.length);
    return {
      found: objects.map(({ key, modifiedAtMs }) => ({ name: nameOf(key), modifiedAtMs })),
      nextAfter: nextAfter === null ? null : nameOf(nextAfter),
    };
  }

  async remove(name: string): Promise<void> {
    await this.asked(this.bucket.remove({ key: this.prefix + name, versionId: '' }));
  }

  private async asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof BucketFailure)) throw error;
      throw new TallylineFailure('exchange_unavailable', `the exchange in ${this.bucket.label}: ${error.fact}`, { cause: error });
    }
  }
}
