/** One version of an object, pinned: every range is asked for under its ETag, so that no byte of another can come. */
import type { Bucket, ObjectVersion } from '../buckets/bucket';
import type { RangeReader } from './range-reader';
import type { OpenFile } from './source';

export interface BucketFileOptions {
  readonly bucket: Bucket;
  readonly object: ObjectVersion;
  readonly reader: RangeReader;
  /** What an error says about the file, after a second look. */
  readonly explain: (error?: unknown) => Promise<unknown>;
}

export class BucketFile implements OpenFile {
  constructor(private readonly options: BucketFileOptions) {}

  async read(offset: number, target: Uint8Array): Promise<number> {
    const { object, reader, explain } = this.options;
    const length = Math.min(target.length, object.sizeBytes - offset);
    if (length <= 0) return 0;
    try {
      await reader.read(offset, target.subarray(0, length));
    } catch (error) {
      throw await explain(error);
    }
    return length;
  }

  /** A version of its own stays what it is while it is there, whatever was written under the key since. */
  async verify(): Promise<void> {
    const { bucket, object, explain } = this.options;
    const found = await bucket.headVersion(object).catch(async (error: unknown) => {
      throw await explain(error);
    });
    if (found?.etag !== object.etag || found.sizeBytes !== object.sizeBytes) throw await explain();
  }

  async close(): Promise<void> {
    this.options.reader.close();
  }
}
