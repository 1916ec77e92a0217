/** Answers a child process that asks for a bucket's listings (test/helpers/remote-bucket.cjs), and keeps the time that this takes. */
import type { ChildProcess } from 'node:child_process';
import type { Bucket, ListRequest } from '../../src/buckets/bucket';

type Asked =
  | { readonly id: number; readonly call: 'list'; readonly request: ListRequest }
  /** Files that would be started. */
  | { readonly id: number; readonly call: 'record'; readonly request: readonly string[] };

export class BucketServer {
  listings = 0;
  busyMs = 0;
  readonly recorded = new Set<string>();
  recordedTwice = 0;

  constructor(private readonly bucket: Bucket) {}

  serve(child: ChildProcess): void {
    child.on('message', (asked: Asked) => {
      void this.answer(asked).then((answer) => child.send({ id: asked.id, answer }));
    });
  }

  private async answer(asked: Asked): Promise<unknown> {
    if (asked.call === 'record') {
      for (const fileId of asked.request) {
        if (this.recorded.has(fileId)) this.recordedTwice += 1;
        this.recorded.add(fileId);
      }
      return null;
    }
    const startedAtMs = performance.now();
    const page = await this.bucket.list(asked.request);
    this.listings += 1;
    this.busyMs += performance.now() - startedAtMs;
    return page;
  }
}
