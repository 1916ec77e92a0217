import { S3Bucket } from '../buckets/s3-bucket';
import { BucketSource } from './bucket-source';
import { LocalDirectorySource } from './local-directory';
import type { Source } from './source';
import type { SourceOptions } from './source-options';

/** The one place that knows every kind of source. Opens nothing yet: the first call that needs the source reaches for it. */
export function openSource(options: SourceOptions): Source {
  switch (options.kind) {
    case 'directory':
      return new LocalDirectorySource(options);
    case 's3':
      return new BucketSource(options, new S3Bucket(options));
  }
}
