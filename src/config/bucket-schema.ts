/** The options that open a bucket, wherever one is used. */
import { z } from 'zod';

import { BUCKET_REQUESTS_CONFIGURED_MAX } from '../core/limits';
import { integer, text } from './option-values';

/** `use`: what lies in it, as a sentence. */
export function bucketShape(use: string) {
  return {
    bucket: text(/^[A-Za-z0-9][A-Za-z0-9._:-]{1,254}$/, 'the name of a bucket', use),
    endpoint: text(
      /^https?:\/\/[^\s/@?#]+\/?$/,
      '`http://` or `https://` with a host and perhaps a port',
      'Where the storage answers. Without it AWS, by the region.',
    ).optional(),
    region: text(/^[a-z0-9-]{1,63}$/, 'a region', 'The region. Storage other than AWS mostly takes any.').prefault('us-east-1'),
    pathStyle: z
      .boolean()
      .meta({
        allowed: '`true`, `false`',
        description: 'Whether the name of the bucket stands in the path and not in the host name. Without it: with an `endpoint`.',
      })
      .optional(),
    profile: text(
      /^[^\s[\]]{1,100}$/,
      'the name of a profile',
      'Credentials by this profile of the AWS credential files. Without it by the environment, those files or the role of the machine.',
    ).optional(),
    requests: integer(
      1,
      BUCKET_REQUESTS_CONFIGURED_MAX,
      'Most requests of one worker that are under way at once. Fewer when told to slow down.',
    ).prefault(32),
  };
}
