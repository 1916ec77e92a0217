import { LocalDirectorySource } from './local-directory';
import type { Source } from './source';
import type { BucketSourceOptions, SourceOptions } from './source-options';

/** The one place that knows every kind of source. Opens nothing yet: the first call that needs the source reaches for it. */
export function openSource(options: SourceOptions): Source {
  switch (options.kind) {
    case 'directory':
      return new LocalDirectorySource(options);
    case 's3':
      return openBucket(options);
  }
}

/** The client for S3 takes longer to load than a small file to count, in every thread, so it is loaded only where there is a bucket. */
function openBucket(options: BucketSourceOptions): Source {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { S3Bucket } = require('../buckets/s3-bucket') as typeof import('../buckets/s3-bucket');
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { BucketSource } = require('./bucket-source') as typeof import('./bucket-source');
  return new BucketSource(options, new S3Bucket(options));
}
