/**
 * Is the bucket there, and does its endpoint keep what exact totals need? Some endpoints take Range or If-Match and ignore them, and then
 * bytes of two versions would be mixed, or the wrong ones counted: such a source is refused.
 */
import { BucketFailure, type Bucket, type FoundObject } from '../buckets/bucket';
import { TallylineFailure } from '../core/failures';
import { parseObjectSourceKey } from './object-key';
import type { BucketSourceOptions } from './source-options';

/** No object has it: an MD5, and a count of parts that is too high. */
const WRONG_ETAG = '00000000000000000000000000000000-99999';
const TRIES = 3;

export class BucketProbe {
  private isFit = false;

  constructor(
    private readonly bucket: Bucket,
    private readonly options: BucketSourceOptions,
    private readonly translate: (error: unknown) => unknown,
  ) {}

  /** Throws source_unavailable or source_unfit. What was proved once is not asked for again; that the bucket answers is. */
  async run(): Promise<void> {
    try {
      await this.findMarker();
      const { objects } = await this.listFirst();
      const sample = objects.find(({ sizeBytes }) => sizeBytes > 1) ?? objects.find(({ sizeBytes }) => sizeBytes > 0);
      if (!this.isFit && sample !== undefined) await this.prove(sample);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** Whether others can be looked at and read now, and this one still cannot: then what is wrong with it is its own. */
  async isAlone(key: string): Promise<boolean> {
    const { objects } = await this.listFirst();
    const other = objects.find((object) => object.key !== key && object.sizeBytes > 0);
    return other !== undefined && (await this.isReadable(other.key)) && !(await this.isReadable(key));
  }

  private async isReadable(key: string): Promise<boolean> {
    try {
      const found = await this.bucket.head(key);
      if (found === null) return false;
      if (found.sizeBytes > 0) await this.readByte(found, found.etag);
      return true;
    } catch (error) {
      if (error instanceof BucketFailure && (error.fault === 'denied' || error.fault === 'refused')) return false;
      throw error;
    }
  }

  private async findMarker(): Promise<void> {
    const { rootMarker, sourceId } = this.options;
    if (rootMarker === undefined || (await this.bucket.head(parseObjectSourceKey(rootMarker))) !== null) return;
    const fact = `${this.bucket.label} of source "${sourceId}" lacks its marker "${rootMarker}"`;
    throw new TallylineFailure('source_unavailable', fact);
  }

  private listFirst() {
    return this.bucket.list({ prefix: this.options.prefix, after: '', versions: false });
  }

  /** An object that is replaced at the same time proves nothing, and is looked at again. */
  private async prove(sample: FoundObject): Promise<void> {
    for (let tries = 1; ; tries++) {
      const found = tries === 1 ? sample : await this.bucket.head(sample.key);
      if (found === null || found.sizeBytes === 0) return;
      try {
        await this.readByte(found, found.etag);
        break;
      } catch (error) {
        const isReplaced = error instanceof BucketFailure && (error.fault === 'mismatch' || error.fault === 'missing');
        if (!isReplaced || tries >= TRIES) throw error;
      }
    }
    await this.requireRefusal(sample);
    this.isFit = true;
  }

  private async requireRefusal(sample: FoundObject): Promise<void> {
    try {
      await this.readByte(sample, WRONG_ETAG);
    } catch (error) {
      // A wrong ETag in an answer that came all the same is a mismatch too, but of an endpoint that did not look at ours.
      if (error instanceof BucketFailure && error.fault === 'mismatch' && !error.isAnswered) return;
      if (!(error instanceof BucketFailure) || (error.fault !== 'mismatch' && error.fault !== 'unfit')) throw error;
    }
    throw new BucketFailure('unfit', `${this.bucket.label} gave an object in spite of a wrong If-Match`);
  }

  private async readByte({ key, sizeBytes, versionId }: FoundObject, etag: string): Promise<void> {
    const signal = new AbortController().signal;
    // The last byte, so that an endpoint that begins at 0 whatever it is asked is found out.
    for await (const _ of this.bucket.read({ key, etag, versionId, sizeBytes }, { offset: sizeBytes - 1, length: 1, signal }));
  }
}
